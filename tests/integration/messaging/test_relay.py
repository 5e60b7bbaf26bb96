"""The relay: order under many writers, one at a time by a lease, everything that was said and nothing else."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.answers import TicketsAnswered
from shared.contracts.envelope import Envelope
from shared.ids import new_id
from shared.messaging.outbox import FEW, Outgoing, add
from shared.messaging.relay import CHUNK, Relay
from shared.postgres import lease
from shared.postgres.pool import TRANSIENT_ERRORS, Pool, create_pool
from tests.integration.messaging.conftest import Bench
from tests.support.waiting import eventually

WRITERS = 8
EACH = 40
KEYS = 5


def saying(key: str, text: str, sequence: int | None = None) -> Outgoing:
    identity = new_id()
    envelope = Envelope(
        id=identity,
        type=TicketsAnswered.ce_type,
        source="/deskstream/tickets",
        time=datetime.now(UTC),
        subject=f"item:{key}",
        correlationid=identity,
        actor="system:tickets",
        sequence=sequence,
    )
    return Outgoing("tickets-events", key, envelope, TicketsAnswered(command_id=identity, outcome="done", text=text))


def relay_of(bench: Bench, pool: Pool, owner: str) -> Relay:
    return Relay(service="tickets", owner=owner, pool=pool, url=bench.settings.database_url, settings=bench.settings)


async def test_order_of_an_aggregate_under_eight_writers(bench: Bench) -> None:
    """Eight writers, transactions that commit late: each aggregate's records come in the order of its versions."""
    pool = await create_pool(bench.settings.database_url, max_size=WRITERS + 4)
    await pool.execute("create table counter (key text primary key, version bigint not null)")
    await pool.executemany("insert into counter values ($1, 0)", [(f"k{n}",) for n in range(KEYS)])
    relay = relay_of(bench, pool, "one")
    running = asyncio.create_task(relay.run())

    async def write(writer: int) -> None:
        for number in range(EACH):
            key = f"k{(writer + number) % KEYS}"
            async with pool.acquire() as connection, connection.transaction():
                version = await connection.fetchval(
                    "update counter set version = version + 1 where key = $1 returning version", key
                )
                await add(connection, [saying(key, "x", version)])
                # Ids are drawn, the commit comes late: a relay that looked past an id would lose this row.
                await connection.execute("select pg_sleep($1)", 0.002 * ((writer * 7 + number) % 5))

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    seen = await bench.wire.wait_for(TicketsAnswered, count=WRITERS * EACH)
    relay.stop()
    await running
    versions: dict[str, list[int | None]] = defaultdict(list)
    for message in seen:
        versions[message.envelope.subject].append(message.envelope.sequence)
    assert {tuple(found) for found in versions.values()} == {tuple(range(1, WRITERS * EACH // KEYS + 1))}
    assert await pool.fetchval("select count(*) from outbox") == 0
    await pool.close()


@pytest.mark.parametrize("count", [FEW, FEW + 1, 2 * CHUNK])
async def test_what_one_transaction_says_comes_in_its_order(bench: Bench, count: int) -> None:
    """Few messages and many, whole chunks and more: those of a key stand on the log as they were said."""
    pool = await create_pool(bench.settings.database_url)
    relay = relay_of(bench, pool, "one")
    running = asyncio.create_task(relay.run())
    async with pool.acquire() as connection, connection.transaction():
        await add(connection, [saying("k", "x", number) for number in range(count)])
    seen = await bench.wire.wait_for(TicketsAnswered, count=count)
    assert [message.envelope.sequence for message in seen] == list(range(count))
    relay.stop()
    await running
    assert await pool.fetchval("select count(*) from outbox") == 0
    await pool.close()


async def test_second_relay_waits_until_the_lease_expires(bench: Bench) -> None:
    """Only the holder publishes; when it is gone without a word its lease expires and the next one takes over."""
    pool = await create_pool(bench.settings.database_url)
    assert await hold(pool, "gone")
    relay = relay_of(bench, pool, "next")
    running = asyncio.create_task(relay.run())
    async with pool.acquire() as connection, connection.transaction():
        await add(connection, [saying("a", "said")])
    await bench.wire.settle(1.5)
    assert bench.wire.seen == []
    assert not relay.holds_lease
    await pool.execute("update lease set expires_at = now() - interval '1 second'")
    await bench.wire.wait_for(TicketsAnswered)
    assert relay.holds_lease
    relay.stop()
    await running
    assert await pool.fetchval("select count(*) from lease") == 0
    await pool.close()


async def test_lease_is_renewed_by_its_holder_and_refused_to_others(bench: Bench) -> None:
    """A lease is one owner's until it expires by the database's clock, or is given back."""
    pool = await create_pool(bench.settings.database_url)
    assert await hold(pool, "one")
    assert await hold(pool, "one")
    assert not await hold(pool, "two")
    async with pool.acquire() as connection:
        await lease.give_back(connection, "relay.tickets", "two")
        assert not await lease.take(connection, "relay.tickets", "two")
        await lease.give_back(connection, "relay.tickets", "one")
        assert await lease.take(connection, "relay.tickets", "two")
    await pool.close()


async def test_nothing_that_was_rolled_back_is_said(bench: Bench) -> None:
    """What a service says leaves with its transaction or not at all."""
    pool = await create_pool(bench.settings.database_url)
    relay = relay_of(bench, pool, "one")
    running = asyncio.create_task(relay.run())
    transaction: Any = None
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await add(connection, [saying("a", "never")])
        await transaction.rollback()
        async with connection.transaction():
            await add(connection, [saying("a", "said")])
    await bench.wire.wait_for(TicketsAnswered)
    await bench.wire.settle(0.3)
    assert [m.body.text for m in bench.wire.seen if isinstance(m.body, TicketsAnswered)] == ["said"]
    relay.stop()
    await running
    await pool.close()


async def test_relay_survives_the_end_of_its_connections(bench: Bench) -> None:
    """The database ends every connection of the relay: it listens anew and what was said meanwhile is published."""
    pool = await create_pool(bench.settings.database_url)
    relay = relay_of(bench, pool, "one")
    running = asyncio.create_task(relay.run())

    async def leads() -> bool:
        return relay.holds_lease

    await eventually(leads, "the relay leads")
    await bench.database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where pid <> pg_backend_pid() and usename = current_user and datname = current_database()"
    )
    await bench.database.execute("select 1")

    async def said() -> bool:
        try:
            async with pool.acquire() as connection, connection.transaction():
                await add(connection, [saying("a", "after")])
        except TRANSIENT_ERRORS:
            return False
        return True

    await eventually(said, "the pool connects again")
    await bench.wire.wait_for(TicketsAnswered, lambda b: b.text == "after")
    assert not running.done()
    relay.stop()
    await running
    await pool.close()


async def hold(pool: Pool, owner: str) -> bool:
    async with pool.acquire() as connection:
        return await lease.take(connection, "relay.tickets", owner)
