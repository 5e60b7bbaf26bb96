"""Time in: the seeding of a fresh desk, copies whose original has come, topics of snapshots mended, written anew."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog

from services.tickets.domain.needs import COPY_WAITS
from services.tickets.domain.seeds import seeded_people, seeded_setup
from services.tickets.domain.workspace import Cause, Wait
from services.tickets.repository import Repository
from services.tickets.repository.copies import due_copies, forget_copies
from services.tickets.repository.mending import keys_of_setup, tell_again, versions_of
from services.tickets.repository.outgoing import introductions, snapshot_messages
from services.tickets.repository.rows import SOURCE, Rendered, dump, sql
from services.tickets.settings import TicketsSettings
from services.tickets.use_cases.handle_batch import Taken, handle_batch
from shared.clock import Clock
from shared.contracts.envelope import Envelope
from shared.contracts.state import SNAPSHOTS, Snapshot
from shared.ids import new_id, seed_id
from shared.messaging.mending import Mender
from shared.messaging.outbox import Outgoing, add
from shared.postgres.pool import Connection, Pool

_log = structlog.get_logger()
_REPUBLISH_CHUNK = 500
_COPIES_EVERY_SECONDS = 1.0


async def seed(pool: Pool, settings: TicketsSettings, clock: Clock) -> None:
    """What a fresh desk holds is there; what exists already is left as it is."""
    people = seeded_people(settings.mail_domain, settings.tickets_admin_address)
    setup = seeded_setup(settings.mail_domain)
    async with pool.acquire() as connection, connection.transaction():
        made = await connection.fetch(
            sql.make_people, [p.id for p in people], [p.address for p in people], [dump(p) for p in people]
        )
        ids = {row["id"] for row in made}
        new: list[Snapshot] = [person for person in people if person.id in ids]
        names = [snapshot.state_key().split(":", 1) for snapshot in setup]
        rows = await connection.fetch(
            sql.seed_setup, [kind for kind, _ in names], [key for _, key in names], [dump(s) for s in setup]
        )
        keys = {f"{row['kind']}:{row['key']}" for row in rows}
        new += [snapshot for snapshot in setup if snapshot.state_key() in keys]
        now = clock()
        await add(connection, [message for snapshot in new for message in _introduced(snapshot, now)])
    _log.info("seeded", made=len(new))


def _introduced(snapshot: Snapshot, now: datetime) -> list[Outgoing]:
    cause = Cause(_own_envelope(f"seed:{snapshot.state_key()}", now), now)
    return introductions([snapshot], cause, Rendered())


def _own_envelope(name: str, now: datetime) -> Envelope:
    return Envelope(
        id=seed_id(name),
        type="deskstream.tickets.seed.v1",
        source=SOURCE,
        time=now,
        subject=name,
        correlationid=seed_id(name),
        actor="system:tickets",
    )


async def republish(pool: Pool, clock: Clock) -> int:
    """State and setup topics are written anew from the tables, through the outbox; returns how many snapshots."""
    now, count = clock(), 0
    cause = Cause(_own_envelope(f"republish:{new_id()}", now), now)
    async with pool.acquire() as connection, connection.transaction():
        pending: list[Outgoing] = []
        async for row in connection.cursor(sql.every_snapshot, prefetch=_REPUBLISH_CHUNK):
            snapshot = SNAPSHOTS[row["kind"]].model_validate(row["state"])
            pending += snapshot_messages(snapshot, cause, Rendered())
            count += 1
            if len(pending) >= _REPUBLISH_CHUNK:
                await add(connection, pending)
                pending = []
        await add(connection, pending)
    return count


async def decide_copies(pool: Pool, clock: Clock) -> int:
    """Copies whose original has come are decided; returns how many."""
    now = clock()
    async with pool.acquire() as connection, connection.transaction():
        due = await due_copies(connection, now - COPY_WAITS)
        if due:
            batch = [Taken(envelope, body) for envelope, body in due]
            decided = await handle_batch(Repository(connection), batch, now) or ()
            done = [t.envelope.id for t, d in zip(batch, decided, strict=False) if not isinstance(d, Wait)]
            await forget_copies(connection, done)
    return len(due)


def copies_job(pool: Pool, clock: Clock) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A job that looks for copies whose original has come."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await decide_copies(pool, clock)
            try:
                await asyncio.wait_for(stop.wait(), _COPIES_EVERY_SECONDS)
            except TimeoutError:
                continue

    return run


def seeding_job(pool: Pool, settings: TicketsSettings, clock: Clock) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A job that seeds once and then has nothing to do."""

    async def run(stop: asyncio.Event) -> None:
        await seed(pool, settings, clock)
        await stop.wait()

    return run


def menders_of(settings: TicketsSettings, pool: Pool, clock: Clock, leads: Callable[[], bool]) -> list[Mender]:
    """What compares the state topic and that of the setup with the tables, while this process leads."""

    async def again(connection: Connection, keys: Sequence[str]) -> None:
        now = clock()
        await tell_again(connection, keys, Cause(_own_envelope(f"mend:{new_id()}", now), now))

    return [
        Mender("tickets-setup", settings, pool, leads, versions_of, again, every=keys_of_setup),
        Mender("tickets-state", settings, pool, leads, versions_of, again),
    ]
