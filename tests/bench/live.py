"""When the desk's live stream told each new item to a page that is open.

Source: HTML, server-sent events §9.2.6.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

CREATED = "tickets.item.created"


@dataclass
class Told:
    """What a stream has told, line by line.

    Attributes:
        at: moment of the monotonic clock at which an item's creation was there whole, by the event's number.
        over: the stream tells no more.
    """

    at: dict[int, float] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _number: int = 0
    _type: str = ""

    def line(self, text: str, now: float) -> None:
        """One more line; an empty one ends an event, as in a browser."""
        name, _, value = text.partition(":")
        if name == "id":
            self._number = int(value)
        elif name == "event":
            self._type = value.strip()
        elif not text:
            if self._type == CREATED:
                self.at.setdefault(self._number, now)
            self._type = ""


@asynccontextmanager
async def listening(client: httpx2.AsyncClient, url: str) -> AsyncIterator[Told]:
    """A stream is open; what it tells as it comes.

    Args:
        client: that may see everything.
        url: of the gateway.

    Raises:
        httpx2.HTTPError: it cannot be opened. One that breaks off later tells no more.
    """
    told = Told()
    async with client.stream("GET", f"{url}/events", params={"types": CREATED}) as answer:
        answer.raise_for_status()
        reading = asyncio.create_task(_read(answer, told))
        try:
            yield told
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _read(answer: httpx2.Response, told: Told) -> None:
    try:
        async for line in answer.aiter_lines():
            told.line(line, time.monotonic())
    except httpx2.HTTPError as error:
        sys.stderr.write(f"  the live stream broke off: {error!r}\n")
    else:
        sys.stderr.write("  the live stream ended\n")
    told.over.set()
