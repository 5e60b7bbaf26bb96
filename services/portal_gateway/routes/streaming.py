"""Server-sent events: what every stream of ours shares.

Source: HTML, server-sent events §9.2.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from services.portal_gateway.domain.feed import FeedEvent
from services.portal_gateway.routes.context import Context

PING_SECONDS = 15.0
RETRY_MILLISECONDS = 2000
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
PING = b": ping\n\n"


class Coming:
    """Events of the feed as they come, for a reader that has something to do meanwhile.

    Attributes:
        ended: no event comes any more: the service stops, or this reader did not keep up.
    """

    def __init__(self, found: AsyncGenerator[FeedEvent, None]) -> None:
        self._found = found
        self._next = asyncio.ensure_future(anext(found, None))
        self.ended = False

    async def within(self, seconds: float) -> FeedEvent | None:
        """The next event; none where none came within so long, or where none comes any more."""
        done, _ = await asyncio.wait({self._next}, timeout=seconds)
        if not done:
            return None
        event = self._next.result()
        if event is None:
            self.ended = True
        else:
            self._next = asyncio.ensure_future(anext(self._found, None))
        return event

    async def close(self) -> None:
        self._next.cancel()
        await asyncio.gather(self._next, return_exceptions=True)


@asynccontextmanager
async def coming(context: Context, after: int) -> AsyncIterator[Coming]:
    """Events with a higher number than `after`, in order, until the block ends."""
    async with aclosing(context.live.stream(context.feed, after)) as found:
        events = Coming(found)
        try:
            yield events
        finally:
            await events.close()
