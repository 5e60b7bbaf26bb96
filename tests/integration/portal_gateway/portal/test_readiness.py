"""A gateway that says it is ready serves the next page: its pages' own view of the database counts."""

from typing import Any
from urllib.parse import urlsplit

from deploy.local.process import free_port
from tests.chaos.proxy import BlackHole, Pass, Proxy
from tests.integration.portal_gateway.portal.conftest import StartSite
from tests.support.waiting import eventually


async def test_gateway_whose_pages_refuse_is_not_ready(start: StartSite, make_database: Any) -> None:
    """A database that was silent: not ready while pages answer 503 at once; ready again, the next page is served."""
    url = await make_database("portal_gateway")
    link = Proxy("database", free_port(), urlsplit(url).port or 0)
    await link.start()
    try:
        site = await start(database_url=url.replace(f":{link.upstream}/", f":{link.port}/"))

        async def reasons() -> set[str]:
            return set((await site.http.get("/readyz")).json()["reasons"])

        async def ready() -> bool:
            return not await reasons()

        async def pages_refuse() -> bool:
            return "pages" in await reasons()

        await eventually(ready, "the gateway to be ready")
        await link.behave(BlackHole())
        assert (await site.http.get("/portal/forms/request")).status_code == 503
        await eventually(pages_refuse, "readiness to say that pages are refused")
        await link.behave(Pass())
        await eventually(ready, "the gateway to be ready again")
        assert (await site.http.get("/portal/forms/request")).status_code == 200
    finally:
        await link.stop()
