"""Rows of answers, of what was asked, and of the feed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.portal_gateway.domain.feed import FeedEvent
from shared.contracts.answers import Answer
from shared.postgres.pool import Pool
from shared.postgres.statements import Statements

sql = Statements("services.portal_gateway.queries", "asking.sql")

#: How long rows are kept that nothing asks for any more.
_KEPT = {
    "forget_answers": timedelta(days=7),
    "forget_asked": timedelta(days=7),
    "forget_feed": timedelta(days=14),
    "forget_trace": timedelta(days=90),
    "forget_pace": timedelta(hours=1),
    "forget_sessions": timedelta(0),
    "forget_inbox": timedelta(days=100),
}


class AnswerRows:
    """Answers, and what was asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, command_id: UUID) -> Answer | None:
        body = await self._pool.fetchval(sql.answer, command_id)
        return None if body is None else Answer.model_validate(body)

    async def first_content(self, command_id: UUID, content: bytes) -> bytes:
        return bytes(await self._pool.fetchval(sql.first_content, command_id, content))


class FeedRows:
    """The feed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def after(self, number: int, limit: int) -> Sequence[FeedEvent]:
        return [FeedEvent(**dict(row)) for row in await self._pool.fetch(sql.feed_after, number, limit)]

    async def newest(self) -> int:
        return int(await self._pool.fetchval(sql.newest_feed_number))

    async def oldest(self) -> int:
        """The lowest number that is still kept: whoever saw less has a gap and must read all anew."""
        return int(await self._pool.fetchval(sql.oldest_feed_number))


async def forget_old(pool: Pool, now: datetime) -> None:
    """Rows that nothing asks for any more are gone."""
    for name, age in _KEPT.items():
        await pool.execute(getattr(sql, name), now - age)
