"""A filled desk is read by the services as one that they have filled themselves."""

from collections import Counter
from typing import Any

from pydantic import SecretStr

from services.portal_gateway.domain.listing import ItemFilter
from services.portal_gateway.repository.items import Items
from services.portal_gateway.repository.rebuild import Rows
from services.tickets.repository.rows import sql as of_tickets
from shared.contracts.state import SNAPSHOTS
from shared.postgres.pool import create_pool
from tests.bench.growth_rows import Past, fill_gateway, fill_tickets, word_of

COUNT = 300


async def test_the_read_model_shows_what_was_filled(make_database: Any) -> None:
    """Lists find items by state and by words, and every row is a snapshot that can be read."""
    past, url = Past(COUNT), await make_database("portal_gateway")
    assert (await fill_gateway(url, past)).startswith("dsk_")
    pool = await create_pool(SecretStr(url))
    page = await Items(pool).page(ItemFilter(), None, 50)
    assert [item.number for item in page.items] == list(range(COUNT, COUNT - 50, -1))
    assert all(item.state != "finished" for item in (await Items(pool).page(ItemFilter(is_open=True), None, 50)).items)
    for number in (7, 77):
        found = await Items(pool).page(ItemFilter(words=word_of(number)), None, 50)
        assert [item.number for item in found.items] == [number]
    async with pool.acquire() as connection:
        kinds = Counter([snapshot.kind_name async for snapshot in Rows(connection).snapshots()])
    assert {kinds[kind] for kind in ("item", "message", "change", "decision", "delivery")} == {COUNT}
    await pool.close()


async def test_tickets_has_the_same_past_and_goes_on_with_the_next_number(make_database: Any) -> None:
    """Each row is a snapshot that can be read, its columns say what it says, and no number is given twice."""
    past, url = Past(COUNT), await make_database("tickets")
    await fill_tickets(url, past)
    pool = await create_pool(SecretStr(url))
    rows = await pool.fetch(of_tickets.every_snapshot)
    kinds = Counter(row["kind"] for row in rows if SNAPSHOTS[row["kind"]].model_validate(row["state"]))
    assert (kinds["item"], kinds["message"], kinds["change"]) == (COUNT, COUNT, COUNT)
    assert kinds["person"] == past.customers
    wrong = "select count(*) from item where number <> (state->>'number')::bigint or status <> state->>'status'"
    assert await pool.fetchval(wrong) == 0
    assert [row["number"] for row in await pool.fetch(of_tickets.next_numbers, 1)] == [COUNT + 1]
    await pool.close()
