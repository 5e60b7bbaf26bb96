"""Time in: the seeding of a fresh desk's rules, and the forgetting of mails that no cap counts any more."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.automation.repository import Repository, RuleCache, sql
from services.automation.use_cases.seed import seed
from shared.clock import Clock
from shared.postgres.pool import Pool

_log = structlog.get_logger()
_FORGET_EVERY_SECONDS = 3600.0


def seeding_job(pool: Pool, clock: Clock) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A job that seeds once and then has nothing to do."""

    async def run(stop: asyncio.Event) -> None:
        async with pool.acquire() as connection, connection.transaction():
            made = await seed(Repository(connection, RuleCache()), clock())
        _log.info("seeded", rules=made)
        await stop.wait()

    return run


def forgetting_job(pool: Pool, clock: Clock) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A job that deletes counted mails once they are older than every cap."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await pool.execute(sql.forget_mails_sent, clock())
            try:
                await asyncio.wait_for(stop.wait(), _FORGET_EVERY_SECONDS)
            except TimeoutError:
                continue

    return run
