"""Lists stay quick as the desk grows: with 100,000 items every filter is answered by an index (R21)."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import SecretStr

from services.portal_gateway.app import PAGE_SETTINGS
from services.portal_gateway.domain.listing import Cursor, ItemFilter, Sort
from services.portal_gateway.repository.items import COMMON, Items, sql
from services.portal_gateway.repository.lists import Lists
from shared.postgres.pool import Pool, create_pool
from tests.support.servers import Templates

ITEMS = 100_000
BIG = ("item", "message", "change", "person", "organisation", "decision", "delivery")
#: A desk of a provider with some years behind it: mostly finished, unevenly spread.
_FILL = (
    """
    insert into item (id, version, number, kind, type, status, is_open, priority, channel, team, assignee, requester,
                      organisation, held_count, tags, mailboxes, status_since, created_at, updated_at, words, state)
    select id, 3, n, case when n % 50 = 0 then 'task' else 'ticket' end,
           (array['request', 'hardware', 'development'])[1 + n % 3],
           case when n % 25 = 0 then (array['new', 'in_progress', 'waiting', 'on_hold'])[1 + n % 4] else 'solved' end,
           n % 25 = 0, (array['normal', 'normal', 'high', 'low', 'urgent'])[1 + n % 5],
           (array['mail', 'mail', 'portal', 'phone', 'api'])[1 + n % 5],
           case when n % 11 = 0 then null else (array['support', 'hardware', 'development'])[1 + n % 3] end,
           case when n % 7 = 0 then null else md5('agent' || n % 40)::uuid end, md5('person' || n % 9000)::uuid,
           case when n % 3 = 0 then null else md5('company' || n % 1500)::uuid end,
           case when n % 5000 = 0 then 1 else 0 end,
           case when n % 400 = 0 then array['vip'] else '{}' end, array['support'],
           at, at, at + interval '1 hour' * (n % 300),
           to_tsvector('simple', 'router ' || n || ' word' || n % 2000 || ' company' || n % 1500),
           jsonb_build_object('id', id, 'version', 3, 'number', n, 'type', 'request', 'channel', 'mail',
                              'title', 'Router ' || n, 'status', 'new', 'state', 'not_started', 'status_since', at,
                              'requester', jsonb_build_object('id', id, 'address', 'a@b'), 'created_at', at,
                              'updated_at', at + interval '1 hour' * (n % 300))
    from generate_series(1, $1::int) as n, lateral (
        select md5('item' || n)::uuid as id, timestamptz '2020-01-01' + interval '20 minutes' * n as at) as made
    """,
    """
    insert into message (id, version, item_id, public, held, message_id, created_at, words, state)
    select md5('message' || n)::uuid, 1, md5('item' || n)::uuid, n % 4 <> 0, n % 5000 = 0, null,
           timestamptz '2020-01-01' + interval '20 minutes' * n,
           to_tsvector('simple', 'text' || n % 3000 || ' hello again'), '{}'::jsonb
    from generate_series(1, $1::int) as n
    """,
    """
    insert into change (item_id, version, state)
    select md5('item' || n % 50000)::uuid, n / 50000 + 1, '{}'::jsonb from generate_series(1, $1::int) as n
    """,
    """
    insert into person (id, version, address, role, active, organisation, words, state)
    select md5('person' || n)::uuid, 1, 'p' || n || '@shop' || n % 1500 || '.example', null, true, null,
           to_tsvector('simple', 'person' || n), '{}'::jsonb
    from generate_series(1, $1::int / 5) as n
    """,
    """
    insert into organisation (id, version, name, words, state)
    select md5('company' || n)::uuid, 1, 'company' || n, to_tsvector('simple', 'company' || n), '{}'::jsonb
    from generate_series(1, $1::int / 20) as n
    """,
    """
    insert into decision (id, version, item_id, at, state)
    select md5('decision' || n)::uuid, 1, md5('item' || n % 50000)::uuid, now(), '{}'::jsonb
    from generate_series(1, $1::int) as n
    """,
    """
    insert into delivery (id, version, item_id, message_id, status, created_at, state)
    select md5('delivery' || n)::uuid, 1, md5('item' || n % 50000)::uuid, md5('message' || n)::uuid,
           case when n % 1000 = 0 then 'failed' else 'sent' end, now(), '{}'::jsonb
    from generate_series(1, $1::int) as n
    """,
)
AGENT, COMPANY, PERSON = (UUID(bytes=bytes(16)) for _ in range(3))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def big(database_templates: Templates) -> AsyncIterator[Pool]:
    """A read model of 100,000 items, asked as pages ask it."""
    name, url = await database_templates.clone("portal_gateway")
    pool = await create_pool(SecretStr(url), timeout_seconds=120, settings=PAGE_SETTINGS)
    for statement in _FILL:
        await pool.execute(statement, ITEMS)
    await pool.execute("analyze")
    yield pool
    await pool.close()
    await database_templates.drop(name)


class Explaining:
    """A pool that keeps the plan of what is asked in place of asking it."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.plan: Any = None

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        told = await self.pool.fetchval(f"explain (analyze, format json) {statement}", *values)
        self.plan = json.loads(told) if isinstance(told, str) else told
        return []

    async def fetchrow(self, statement: str, *values: Any) -> None:
        await self.fetch(statement, *values)

    async def fetchval(self, statement: str, *values: Any) -> Any:
        if statement == sql.are_common:
            return await self.pool.fetchval(statement, *values)
        await self.fetch(statement, *values)
        return 0

    def nodes(self) -> Iterator[dict[str, Any]]:
        waiting = [self.plan[0]["Plan"]]
        while waiting:
            node = waiting.pop()
            waiting += node.get("Plans", [])
            yield node

    def scanned_whole(self) -> list[str]:
        """The big tables that the plan reads from end to end."""
        return [n["Relation Name"] for n in self.nodes() if n["Node Type"] == "Seq Scan" and n["Relation Name"] in BIG]

    def most_read(self) -> int:
        """The most rows that one step of the plan read, those that it passed over included."""
        passed = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        return max(int(sum(node.get(name, 0) for name in passed) * node["Actual Loops"]) for node in self.nodes())

    def indexes(self) -> list[str]:
        return [node["Index Name"] for node in self.nodes() if "Index Name" in node]


async def hashed(pool: Pool, name: str) -> UUID:
    return UUID(str(await pool.fetchval("select md5($1)::uuid", name)))


FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "open": {"is_open": True},
    "finished": {"is_open": False},
    "status": {"statuses": ("waiting",)},
    "statuses": {"statuses": ("new", "in_progress")},
    "unknown status": {"statuses": ("nowhere",)},
    "assignee": {"assignee": "agent10"},
    "open of an assignee": {"assignee": "agent10", "is_open": True},
    "unassigned": {"unassigned": True, "is_open": True},
    "team": {"team": "hardware"},
    "open of a team": {"team": "hardware", "is_open": True},
    "no team": {"without_team": True},
    "organisation": {"organisation": "company7"},
    "type": {"type": "hardware"},
    "requester": {"requester": "person7"},
    "tag": {"tag": "vip"},
    "unknown tag": {"tag": "nobody has it"},
    "priority": {"priority": "urgent"},
    "held": {"held": True},
    "kind": {"kind": "task"},
    "channel": {"channel": "phone"},
    "words": {"words": "word77"},
    "rare words": {"words": "router 77777"},
    "words of a message": {"words": "text77"},
    "unknown words": {"words": "nowherefound"},
    "common words": {"words": "router"},
    "common words of a message": {"words": "hello"},
    "common words of somebody": {"words": "router", "requester": "person7"},
    "common words that nothing else fits": {"words": "router", "statuses": ("nowhere",)},
    "words and status": {"words": "word77", "statuses": ("solved",)},
}
_PEOPLE = ("assignee", "organisation", "requester")


async def wanted(pool: Pool, name: str) -> ItemFilter:
    values = dict(FILTERS[name])
    for key in _PEOPLE:
        if key in values:
            values[key] = await hashed(pool, values[key])
    return ItemFilter(**values)


@pytest.mark.parametrize("sort", ["number", "updated"])
@pytest.mark.parametrize("name", FILTERS)
async def test_every_filter_is_answered_by_an_index(big: Pool, name: str, sort: Sort) -> None:
    """R21: first page and a later one, by number and by change: no table is read from end to end."""
    explaining = Explaining(big)
    items = Items(explaining)  # type: ignore[arg-type] # it asks as a pool does
    for cursor in (None, Cursor(60_000, datetime(2022, 4, 1, tzinfo=UTC))):
        await items.page(await wanted(big, name), cursor, 50, sort)
        assert explaining.scanned_whole() == [], (name, sort, cursor)
        assert explaining.indexes(), (name, sort, cursor)


@pytest.mark.parametrize("name", ["open", "assignee", "team", "status", "held", "words", "no team", "common words"])
async def test_counters_read_a_part_only(big: Pool, name: str) -> None:
    """R21: a view's counter stops where it has counted enough: a tenth of the table at most, whatever it counts."""
    explaining = Explaining(big)
    await Items(explaining).count(await wanted(big, name), 500)  # type: ignore[arg-type]
    assert explaining.most_read() <= ITEMS / 10


@pytest.mark.parametrize(
    ("words", "common"), [("router", True), ("hello", True), ("word77", False), ("nowhere", False)]
)
async def test_common_words_are_known_by_the_newest_items(big: Pool, words: str, common: bool) -> None:
    """R21: an index of words would first read all that it knows of a word that every item has."""
    assert await big.fetchval(sql.are_common, words, COMMON) is common
    explaining = Explaining(big)
    await explaining.fetch(sql.are_common, words, COMMON)
    assert explaining.most_read() <= ITEMS / 100


async def test_parts_of_a_ticket_are_read_by_index(big: Pool) -> None:
    """R21: conversation, history, decisions, deliveries, and one item by number or id."""
    item_id = await hashed(big, "item77")
    explaining = Explaining(big)
    items, lists = Items(explaining), Lists(explaining)  # type: ignore[arg-type]
    for asking in (
        lambda: items.messages(item_id, public_only=False),
        lambda: items.history(item_id),
        lambda: items.numbered(77),
        lambda: items.of_id(item_id),
        lambda: items.held(50),
        lambda: lists.decisions(item_id, None, 50),
        lambda: lists.deliveries(item_id, (datetime(2022, 4, 1, tzinfo=UTC), item_id), 50),
        lambda: lists.deliveries_of(item_id, [item_id]),
        lambda: lists.people("person77", None, 50),
        lambda: lists.people(None, "p77@", 50),
        lambda: lists.organisations("company77", None, 50),
        lambda: lists.organisations(None, ("company77", item_id), 50),
    ):
        await asking()
        assert explaining.scanned_whole() == []
        assert explaining.indexes()


async def test_pages_hold_every_item_once(big: Pool) -> None:
    """Keyset pages of a filter, by either order: together they are what the filter fits, each once."""
    items = Items(big)
    sorts: tuple[Sort, ...] = ("number", "updated")
    for sort in sorts:
        found: list[int] = []
        cursor: Cursor | None = None
        filtered = await wanted(big, "open of an assignee")
        while True:
            page = await items.page(filtered, cursor, 13, sort)
            found += [item.number for item in page.items]
            if page.next is None:
                break
            cursor = Cursor.decode(page.next)
        fitting = await big.fetchval("select count(*) from item where is_open and assignee = md5('agent10')::uuid")
        assert len(found) == len(set(found)) == fitting > 50
        if sort == "number":
            assert found == sorted(found, reverse=True)
