"""`python -m deploy.local.mail_catcher`: the SMTP door and the page, in one process, until it is told to end."""

import asyncio

import uvicorn

from deploy.local.mail_catcher.door import Door, make_protocol
from deploy.local.mail_catcher.page import make_page
from deploy.local.mail_catcher.settings import CatcherSettings
from deploy.local.mail_catcher.store import MailStore

GRACE_SECONDS = 1


async def main(settings: CatcherSettings) -> None:
    """Both doors are open until SIGTERM."""
    store = MailStore(settings.folder)
    door = Door(store)
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: make_protocol(door), settings.host, settings.smtp_port)
    page = uvicorn.Config(
        make_page(settings, store, door),
        host=settings.host,
        port=settings.http_port,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    async with smtp:
        await uvicorn.Server(page).serve()


if __name__ == "__main__":
    asyncio.run(main(CatcherSettings()))
