"""Who finds out that a server is away, and that it is back."""

import asyncio

from shared.away import Away
from tests.support.waiting import eventually


class Server:
    """A server that answers or does not."""

    def __init__(self) -> None:
        self.is_there = True
        self.asked = 0

    async def ask(self) -> None:
        self.asked += 1
        if not self.is_there:
            raise ConnectionError


async def test_slow_call_alone_makes_no_server_away() -> None:
    """A suspicion is looked into; a server that answers is there, and is asked no more."""
    server = Server()
    away = Away(server.ask, (ConnectionError,))
    away.suspect()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (away.is_away, server.asked) == (False, 1)
    await away.close()


async def test_server_is_away_until_it_answers() -> None:
    """One asks for all, again and again, and callers are told from the first answer on."""
    server = Server()
    server.is_there = False
    away = Away(server.ask, (ConnectionError,))

    async def is_away() -> bool:
        return away.is_away

    async def is_back() -> bool:
        return not away.is_away

    for _ in range(3):
        away.suspect()
    await eventually(is_away, "the server to be away")
    assert server.asked == 1
    server.is_there = True
    await eventually(is_back, "the server to be back")
    await away.close()
