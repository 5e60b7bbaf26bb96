"""Time in: the SMTP listener's life, and the domains it takes mail for."""

import asyncio
from collections.abc import Callable

import structlog

from services.intake.clients import DoorHandler, SmtpDoor
from services.intake.repository import sql
from services.intake.settings import IntakeSettings
from shared.postgres.pool import TRANSIENT_ERRORS, Pool

_log = structlog.get_logger()
REFRESH_SECONDS = 5.0


class Domains:
    """The domains of our mailboxes, kept fresh while the database is there and remembered while it is away."""

    def __init__(self, pool: Pool, own: str) -> None:
        self._pool = pool
        self._own = own
        self._known = {own}

    def __call__(self) -> set[str]:
        return self._known

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                rows = await self._pool.fetch(sql.mailboxes)
                self._known = {self._own, *(row["state"]["address"].rpartition("@")[2].lower() for row in rows)}
            except TRANSIENT_ERRORS as error:
                _log.info("domains_not_refreshed", reason=type(error).__name__)
            try:
                await asyncio.wait_for(stop.wait(), REFRESH_SECONDS)
            except TimeoutError:
                continue


def listen(settings: IntakeSettings, handler: DoorHandler) -> Callable[[asyncio.Event], "asyncio.Future[None]"]:
    """A job that keeps the SMTP door open until stopped."""

    async def run(stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SmtpDoor(
                handler,
                data_size_limit=settings.intake_max_mail_bytes,
                enable_SMTPUTF8=True,
                hostname=settings.mail_domain,
                ident="Deskstream",
                loop=loop,
                timeout=60,
            ),
            settings.intake_smtp_host,
            settings.intake_smtp_port,
        )
        _log.info("smtp_door_open", port=server.sockets[0].getsockname()[1])
        try:
            await stop.wait()
        finally:
            server.close()

    return run  # type: ignore[return-value] # an async function is a callable of awaitables
