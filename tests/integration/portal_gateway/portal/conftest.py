"""A portal for each test, on a database and topics of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio

from services.portal_gateway.handlers.events import TOPICS
from tests.integration.portal_gateway.portal.site import Site, listening, start_site
from tests.integration.wire import Wire

StartSite = Callable[..., Awaitable[Site]]


@pytest_asyncio.fixture
async def start(
    kafka_bootstrap: str, topic_prefix: str, make_database: Any, tmp_path: Path
) -> AsyncIterator[StartSite]:
    """`await start(replicas=2, …)`: a portal whose owners the test plays."""
    sites: list[Site] = []

    async def started(*, follow: bool = True, **settings: Any) -> Site:
        wire = Wire(kafka_bootstrap, topic_prefix)
        await wire.start(*TOPICS, "gateway-signals", watch=("intake-submissions",))
        url = settings.pop("database_url", None) or await make_database("portal_gateway")
        site = await start_site(wire, url, tmp_path, **settings)
        sites.append(site)
        if follow:
            await listening(site)
        return site

    yield started
    for site in sites:
        await site.stop()


@pytest_asyncio.fixture
async def site(start: StartSite) -> Site:
    """One replica."""
    return await start()
