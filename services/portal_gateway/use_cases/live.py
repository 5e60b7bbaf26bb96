"""What became visible reaches those who wait: answers to their askers, the feed to open streams.

Rules:
- One read of the feed a replica serves all its open streams; no page polls.
- A customer has few pages live at once; staff are trusted.
- A stream that does not keep up is ended; its client comes again with the last number it saw, and misses nothing.
- Whoever waits for an answer is handed it by the projector of the same replica once it is visible; another replica's
  is told of by a signal. Both look by themselves a few times, in case a signal was lost.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

from services.portal_gateway.domain.feed import FeedEvent
from shared.contracts.answers import Answer

#: Events that a stream may be behind before it is ended.
QUEUE_EVENTS = 1000
#: How often a replica with open streams looks by itself: only a lost signal needs it.
LOOK_SECONDS = 5.0
CHUNK = 500


class Feed(Protocol):
    """The feed's rows."""

    async def after(self, number: int, limit: int) -> Sequence[FeedEvent]:
        """Events with a higher number, in order."""

    async def newest(self) -> int:
        """The highest number that is visible."""


class Waiter:
    """Somebody who waits for one answer.

    Attributes:
        told: set when the answer is said to be visible.
        answer: itself, where it was handed over.
    """

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.answer: Answer | None = None


class Stream:
    """What one open stream has yet to send."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[FeedEvent | None] = asyncio.Queue(QUEUE_EVENTS)
        self.ended = False

    def push(self, event: FeedEvent) -> None:
        """Hand over an event, or end the stream where it does not keep up."""
        if self.ended:
            return
        if self.queue.qsize() >= QUEUE_EVENTS - 1:
            self.end()
            return
        self.queue.put_nowait(event)

    def end(self) -> None:
        """The stream's reader stops after what it has."""
        if not self.ended:
            self.ended = True
            self.queue.put_nowait(None)


class Live:
    """Waiters and streams of one replica."""

    def __init__(self) -> None:
        self._waiters: dict[UUID, set[Waiter]] = {}
        self._streams: set[Stream] = set()
        self._news = asyncio.Event()
        self._readers: Counter[Hashable] = Counter()

    # ---- answers

    @contextmanager
    def waiter(self, command_id: UUID) -> Iterator[Waiter]:
        """Who is told when the command's answer is visible; register before asking."""
        waiter = Waiter()
        self._waiters.setdefault(command_id, set()).add(waiter)
        try:
            yield waiter
        finally:
            waiting = self._waiters[command_id]
            waiting.discard(waiter)
            if not waiting:
                del self._waiters[command_id]

    def answer(self, answers: Iterable[Answer]) -> None:
        """These answers are visible, and all that they say is done."""
        for answer in answers:
            for waiter in self._waiters.get(answer.command_id, ()):
                waiter.answer = answer
                waiter.told.set()

    def heard(self, feed: int, answered: Iterable[UUID]) -> None:
        """A replica said that this became visible."""
        for command_id in answered:
            for waiter in self._waiters.get(command_id, ()):
                waiter.told.set()
        if feed:
            self._news.set()

    # ---- streams

    async def stream(self, feed: Feed, after: int | None) -> AsyncGenerator[FeedEvent, None]:
        """Events after a number (none: from now on), in order, without a gap, until the reader ends or falls behind."""
        stream = Stream()
        self._streams.add(stream)
        try:
            seen = await feed.newest() if after is None else after
            while chunk := await feed.after(seen, CHUNK):
                for event in chunk:
                    yield event
                    seen = event.number
            while (event_or_end := await stream.queue.get()) is not None:
                if event_or_end.number > seen:
                    seen = event_or_end.number
                    yield event_or_end
        finally:
            self._streams.discard(stream)

    def readers(self, name: Hashable) -> int:
        """How many streams are open under a name."""
        return self._readers[name]

    @contextmanager
    def reading(self, name: Hashable) -> Iterator[None]:
        """A stream of this name is open until the block ends."""
        self._readers[name] += 1
        try:
            yield
        finally:
            self._readers[name] -= 1
            if not self._readers[name]:
                del self._readers[name]

    async def run(self, feed: Feed, stop: asyncio.Event) -> None:
        """Read the feed once for all streams, woken by signals, until stopped; then every stream ends."""
        last = await feed.newest()
        try:
            while not stop.is_set():
                await self._wait(stop)
                if not self._streams:
                    newest = await feed.newest()
                    # A stream that came meanwhile may have read up to less than that.
                    last = last if self._streams else newest
                    continue
                while chunk := await feed.after(last, CHUNK):
                    for event in chunk:
                        for stream in list(self._streams):
                            stream.push(event)
                    last = chunk[-1].number
        finally:
            for stream in list(self._streams):
                stream.end()

    async def _wait(self, stop: asyncio.Event) -> None:
        waiting = [asyncio.create_task(self._news.wait()), asyncio.create_task(stop.wait())]
        await asyncio.wait(waiting, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        self._news.clear()
