"""Time in: the seeding of a fresh desk's rules."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.automation.domain.seeds import seeded_rules
from services.automation.repository import SOURCE, snapshot_message, sql
from shared.clock import Clock
from shared.contracts.automation import RuleSaved
from shared.contracts.envelope import Envelope
from shared.ids import derived_id, seed_id
from shared.messaging.outbox import Outgoing, add
from shared.postgres.pool import Json, Pool

_log = structlog.get_logger()


async def seed(pool: Pool, clock: Clock) -> None:
    """The rules of a fresh desk are there; what exists already is left as it is."""
    now = clock()
    async with pool.acquire() as connection, connection.transaction():
        made = []
        for rule in seeded_rules():
            active = rule.model_copy(update={"activated_at": now})
            row = await connection.fetchval(sql.seed_rule, rule.id, rule.position, Json(active.model_dump_json()))
            if row is not None:
                made.append(active)
        if not made:
            return
        await connection.execute(sql.next_set_version)
        messages: list[Outgoing] = []
        for rule in made:
            cause = Envelope(
                id=seed_id(f"seed:{rule.state_key()}"),
                type="deskstream.automation.seed.v1",
                source=SOURCE,
                time=now,
                subject=rule.state_key(),
                correlationid=seed_id(f"seed:{rule.state_key()}"),
                actor="system:automation",
            )
            told = cause.model_copy(update={"id": derived_id(cause.id, "told"), "type": RuleSaved.ce_type})
            messages += [
                Outgoing(RuleSaved.topic, str(rule.id), told, RuleSaved(rule=rule)),
                snapshot_message(rule, cause, now),
            ]
        await add(connection, messages)
    _log.info("seeded", rules=len(made))


def seeding_job(pool: Pool, clock: Clock) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A job that seeds once and then has nothing to do."""

    async def run(stop: asyncio.Event) -> None:
        await seed(pool, clock)
        await stop.wait()

    return run
