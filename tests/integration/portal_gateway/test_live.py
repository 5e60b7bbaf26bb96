"""The live stream on two gateways: in order, without a gap, without a double, for as long as one may listen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from services.portal_gateway import console
from tests.integration.portal_gateway.two_gateways import Desk
from tests.support.waiting import PATIENCE_SECONDS, eventually


class Listener:
    """An open stream, read line by line into `events`: (id, type)."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.events: list[tuple[int | None, str]] = []
        self.ended = asyncio.Event()
        self.task = asyncio.create_task(self._read())

    @property
    def ids(self) -> list[int]:
        return [number for number, kind in self.events if number is not None and kind not in {"hello", "resync"}]

    @property
    def last(self) -> int:
        return max(number for number, _ in self.events if number is not None)

    async def _read(self) -> None:
        number, kind = None, ""
        async for line in self.answer.aiter_lines():
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("event: "):
                kind = line[7:]
            elif not line:
                if kind:
                    self.events.append((number, kind))
                number, kind = None, ""
        self.ended.set()

    async def until(self, number: int) -> None:
        async def there() -> bool:
            return any(found is not None and found >= number for found, _ in self.events)

        await eventually(there, f"event {number}; the last of {len(self.events)} is {self.events[-1:]}")


@asynccontextmanager
async def listening(
    gateways: Desk, replica: int, last_id: int | None = None, *, token: str | None = None, types: str = ""
) -> AsyncIterator[Listener]:
    headers = {"Accept": "text/event-stream", **({} if last_id is None else {"Last-Event-ID": str(last_id)})}
    async with (
        gateways.client(replica, token=token) as client,
        client.stream("GET", "/events", params={"types": types}, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        listener = Listener(answer)
        try:
            yield listener
        finally:
            listener.task.cancel()
            await asyncio.gather(listener.task, return_exceptions=True)


async def newest(gateways: Desk) -> int:
    return int(await gateways.pool.fetchval("select number from feed_counter"))


async def busy(gateways: Desk, count: int) -> None:
    """So many items and changes, through both gateways at once."""
    async with gateways.client(0) as first, gateways.client(1) as second:

        async def one(n: int) -> None:
            client = (first, second)[n % 2]
            made = await gateways.new_item(client, f"Busy {n}")
            await client.patch(f"/api/v1/items/{made['number']}", json={"priority": "high"}, headers={"If-Match": "*"})

        await asyncio.gather(*(one(n) for n in range(count)))


async def test_stream_has_no_gap_and_no_double_across_gateways(gateways: Desk) -> None:
    """B11: cut off amid concurrent commits, resumed on the other gateway: every number once, in order."""
    async with listening(gateways, 0) as first:
        await eventually(lambda: _has(first, "hello"), "the greeting")
        start = first.last
        working = asyncio.create_task(busy(gateways, 10))
        await first.until(start + 3)
    seen = first.ids
    async with listening(gateways, 1, last_id=first.last) as second:
        await working
        await second.until(await newest(gateways))
        seen += second.ids
    assert seen == list(range(start + 1, max(seen) + 1))
    assert max(seen) == await newest(gateways)


async def _has(listener: Listener, kind: str) -> bool:
    return any(found == kind for _, found in listener.events)


async def test_every_open_page_hears_the_same(gateways: Desk) -> None:
    """Twenty streams on both gateways hear all events of the time they were open."""
    start = await newest(gateways)
    async with asyncio.timeout(PATIENCE_SECONDS):
        stack = [listening(gateways, n % 2, last_id=start) for n in range(20)]
        listeners = [await each.__aenter__() for each in stack]
        await busy(gateways, 3)
        end = await newest(gateways)
        for listener in listeners:
            await listener.until(end)
            assert listener.ids == list(range(start + 1, end + 1))
        for each in stack:
            await each.__aexit__(None, None, None)


async def test_types_are_chosen_by_their_beginning(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """B11: who asks for items gets items only."""
    start = await newest(gateways)
    async with listening(gateways, 0, last_id=start, types="tickets.item.changed,intake.") as listener:
        made = await gateways.new_item(client)
        await client.patch(f"/api/v1/items/{made['number']}", json={"priority": "low"}, headers={"If-Match": "*"})
        await listener.until(start + 2)
    assert {kind for _, kind in listener.events} == {"tickets.item.changed"}


async def test_gap_is_told(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """Who saw less than is kept, or another desk's number, is told to read anew, and goes on from now."""
    await gateways.new_item(client)
    await gateways.pool.execute("delete from feed where number < (select number from feed_counter)")
    end = await newest(gateways)
    for last_id in (0, end + 1000):
        async with listening(gateways, 1, last_id=last_id) as listener:
            await listener.until(end)
            assert listener.events[0] == (end, "resync")
            await gateways.new_item(client)
            await listener.until(end + 1)
            end = await newest(gateways)


async def test_numbers_that_are_none_are_refused(client: httpx2.AsyncClient) -> None:
    """A resume point that no event had is a 422, not the whole feed."""
    for headers in ({"Last-Event-ID": "x"}, {"Last-Event-ID": "-1"}, {"Last-Event-ID": "9" * 30}):
        assert (await client.get("/events", headers=headers)).status_code == 422
    assert (await client.get("/events", params={"after": "x"})).status_code == 422


async def test_stream_ends_with_its_token(gateways: Desk) -> None:
    """Who may listen no longer hears nothing more."""
    token = await gateways.new_token(name="listener")
    async with listening(gateways, 0, token=token) as listener:
        await eventually(lambda: _has(listener, "hello"), "the greeting")
        await console.revoke_token(gateways.place, "listener")
        await asyncio.wait_for(listener.ended.wait(), PATIENCE_SECONDS)


async def test_strangers_hear_nothing(gateways: Desk) -> None:
    """The stream is for staff."""
    async with gateways.client(token="") as stranger:
        assert (await stranger.get("/events")).status_code == 401


@pytest.mark.parametrize("replica", [0, 1])
async def test_idle_stream_stays_open(gateways: Desk, replica: int) -> None:
    """Nothing to say is no end: comments keep proxies from closing it."""
    async with listening(gateways, replica) as listener:
        await eventually(lambda: _has(listener, "hello"), "the greeting")
        assert not listener.ended.is_set()
