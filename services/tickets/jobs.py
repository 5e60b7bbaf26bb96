"""Time in: the seeding of a fresh desk, and the state topic written anew."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from services.tickets.domain.seeds import seeded_people, seeded_setup
from services.tickets.domain.workspace import Cause
from services.tickets.repository import SOURCE, dump, snapshot_message, sql
from services.tickets.settings import TicketsSettings
from shared.clock import Clock
from shared.contracts.envelope import Envelope
from shared.contracts.state import SNAPSHOTS, Snapshot
from shared.contracts.tickets import ReferenceChanged
from shared.ids import derived_id, new_id, seed_id
from shared.messaging.outbox import Outgoing, add
from shared.postgres.pool import Connection, Pool

_log = structlog.get_logger()
_REPUBLISH_CHUNK = 500


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
        await _tell(connection, new, clock())
    _log.info("seeded", made=len(new))


async def _tell(connection: Connection, snapshots: list[Snapshot], now: datetime) -> None:
    messages = []
    for snapshot in snapshots:
        key = snapshot.state_key()
        cause = Cause(_seed_envelope(f"seed:{key}", now), now)
        envelope = cause.envelope.model_copy(
            update={
                "id": derived_id(cause.envelope.id, "told"),
                "type": ReferenceChanged.ce_type,
                "subject": key,
                "sequence": snapshot.version,
            }
        )
        messages.append(
            Outgoing(ReferenceChanged.topic, key, envelope, ReferenceChanged.model_validate({"reference": snapshot}))
        )
        messages.append(snapshot_message(snapshot, cause))
    await add(connection, messages)


def _seed_envelope(name: str, now: datetime) -> Envelope:
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
    """The state topic is written anew from the tables, through the outbox; returns how many snapshots."""
    now, count = clock(), 0
    cause = Cause(_seed_envelope(f"republish:{new_id()}", now), now)
    async with pool.acquire() as connection, connection.transaction():
        pending: list[Outgoing] = []
        async for row in connection.cursor(sql.every_snapshot, prefetch=_REPUBLISH_CHUNK):
            snapshot = SNAPSHOTS[row["kind"]].model_validate(row["state"])
            pending.append(snapshot_message(snapshot, cause))
            count += 1
            if len(pending) >= _REPUBLISH_CHUNK:
                await add(connection, pending)
                pending = []
        await add(connection, pending)
    return count


def seeding_job(pool: Pool, settings: TicketsSettings, clock: Clock) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A job that seeds once and then has nothing to do."""

    async def run(stop: asyncio.Event) -> None:
        await seed(pool, settings, clock)
        await stop.wait()

    return run
