"""Backends of the database end under a gateway that serves: by an administrator, by a failover, by a crash."""

import asyncio

import asyncpg
import httpx2

from tests.integration.portal_gateway.two_gateways import Desk
from tests.support.waiting import eventually


async def end_backends(gateways: Desk, admin_url: str) -> int:
    """Every connection of both gateways is closed by the server; returns how many there were."""
    name = await gateways.pool.fetchval("select current_database()")
    administrator = await asyncpg.connect(admin_url)
    try:
        ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1"
        return int(await administrator.fetchval(ended, name))
    finally:
        await administrator.close()


async def test_pages_and_projection_go_on_after_their_backends_end(
    gateways: Desk, client: httpx2.AsyncClient, other: httpx2.AsyncClient, admin_database_url: str
) -> None:
    """No dead connection stays in a pool: whoever asks next is served, and what happens is shown."""
    made = await gateways.new_item(client, "Before")
    url = f"/api/v1/items/{made['number']}"
    pages = [("/api/v1/items", each) for each in (client, other)] + [("/portal", each) for each in (client, other)]
    for _ in range(3):
        # Asked at once, so that each pool has several connections when they end.
        await asyncio.gather(*(each.get(path) for path, each in pages * 6))
        assert await end_backends(gateways, admin_database_url) > 2

        async def served() -> bool:
            answers = await asyncio.gather(*(each.get(path) for path, each in pages * 6))
            return {answer.status_code for answer in answers} == {200}

        await eventually(served, "every page of both gateways")
        changed = await client.patch(url, json={"priority": "high"}, headers={"If-Match": "*"})
        assert changed.status_code in {200, 202}, changed.text

        async def shown() -> bool:
            return bool((await other.get(url)).json()["priority"] == "high")

        await eventually(shown, "the change")
        await client.patch(url, json={"priority": "normal"}, headers={"If-Match": "*"})
