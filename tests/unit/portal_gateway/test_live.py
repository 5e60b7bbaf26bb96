"""Fifty open pages cost one read of the feed: none of them looks by itself."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from services.portal_gateway.domain.feed import FeedEvent
from services.portal_gateway.use_cases import live
from services.portal_gateway.use_cases.live import Live

PAGES = 50
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class CountedFeed:
    """A feed in memory that counts how often it is asked."""

    def __init__(self) -> None:
        self.events: list[FeedEvent] = []
        self.asked = 0

    def happen(self) -> int:
        number = len(self.events) + 1
        self.events.append(FeedEvent(number, NOW, "tickets.item.changed", "item:1", None, 1, number))
        return number

    async def after(self, number: int, limit: int) -> Sequence[FeedEvent]:
        self.asked += 1
        return self.events[number : number + limit]

    async def newest(self) -> int:
        self.asked += 1
        return len(self.events)


async def test_open_pages_share_one_read_and_do_not_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """B11: an event is read once for all fifty, and a quiet time costs what it costs with one."""
    monkeypatch.setattr(live, "LOOK_SECONDS", 3600.0)
    feed, replica, stop = CountedFeed(), Live(), asyncio.Event()
    running = asyncio.create_task(replica.run(feed, stop))
    heard: list[list[int]] = [[] for _ in range(PAGES)]

    async def page(numbers: list[int]) -> None:
        numbers.extend([event.number async for event in replica.stream(feed, 0)])

    pages = [asyncio.create_task(page(numbers)) for numbers in heard]
    await _settle()
    before = feed.asked
    await _settle()
    assert feed.asked == before, "nothing happens, nobody looks"
    for _ in range(3):
        number = feed.happen()
        replica.heard(number, ())
        await _settle()
    assert feed.asked - before == 3 * 2, "one read for each event, one that finds no more"
    stop.set()
    await asyncio.gather(running, *pages)
    assert heard == [[1, 2, 3]] * PAGES


async def _settle() -> None:
    """Everything that can go on without an event from outside has gone on."""
    for _ in range(20 * PAGES):
        await asyncio.sleep(0)
