"""The proxy does to a link just what its manner says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
import uvloop

from tests.chaos.proxy import (
    BlackHole,
    CutAfter,
    Delay,
    Pass,
    Proxy,
    Refuse,
    Slow,
    Swallow,
    asks_commit,
    asks_produce,
    ends_data,
)
from tests.support.waiting import eventually

PATIENCE = 5.0


class Echo:
    """A server that answers each line in capitals and remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.peers: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peers.append(writer.get_extra_info("peername")[0])
        with suppress(ConnectionError):
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line.upper())
        writer.close()


@pytest_asyncio.fixture
async def link() -> AsyncIterator[tuple[Echo, Proxy]]:
    echo = Echo()
    server = await asyncio.start_server(echo.answer, "127.0.0.1", 0, limit=1_000_000)
    proxy = Proxy("echo", 0, server.sockets[0].getsockname()[1])
    await proxy.start()
    yield echo, proxy
    await proxy.stop()
    server.close()


async def say(proxy: Proxy, line: bytes) -> bytes:
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        try:
            writer.write(line)
            return await reader.readline()
        finally:
            writer.close()


async def test_passes_both_ways(link: tuple[Echo, Proxy]) -> None:
    """Bytes and answers go through unchanged, large ones too."""
    _, proxy = link
    large = b"x" * 500_000 + b"\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, limit=1_000_000)
    writer.write(large)
    assert await asyncio.wait_for(reader.readline(), PATIENCE) == large.upper()
    writer.close()


async def test_passes_the_end_of_one_side(link: tuple[Echo, Proxy]) -> None:
    """A client that has said all still hears the answer."""
    _, proxy = link
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"bye\n")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b"BYE\n"
    writer.close()


async def test_refuses_and_takes_connections_again(link: tuple[Echo, Proxy]) -> None:
    """Refused connections fail at once, open ones are reset; afterwards the same port works."""
    _, proxy = link
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"open\n")
    assert await reader.readline() == b"OPEN\n"
    await proxy.behave(Refuse())
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), PATIENCE)
    with pytest.raises(ConnectionRefusedError):
        await say(proxy, b"hello\n")
    await proxy.behave(Pass())
    assert await say(proxy, b"again\n") == b"AGAIN\n"


async def test_black_hole_holds_and_lets_go(link: tuple[Echo, Proxy]) -> None:
    """Nothing moves in a black hole; when it ends, what was said arrives."""
    echo, proxy = link
    await proxy.behave(BlackHole())
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"lost?\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readline(), 0.3)
    assert echo.heard == []
    assert proxy.bites > 0
    await proxy.behave(Pass())
    assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"LOST?\n"
    writer.close()


async def test_resets_open_connections_only(link: tuple[Echo, Proxy]) -> None:
    """A reset ends what is open; the next connection works."""
    _, proxy = link
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"open\n")
    await reader.readline()
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), PATIENCE)
    assert await say(proxy, b"next\n") == b"NEXT\n"


async def test_delays_each_piece(link: tuple[Echo, Proxy]) -> None:
    """Question and answer wait, then arrive."""
    _, proxy = link
    await proxy.behave(Delay(0.3))
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"hello\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readline(), 0.2)
    assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"HELLO\n"
    assert proxy.bites == 2, "the question and the answer"
    writer.close()


async def test_slows_until_it_ends(link: tuple[Echo, Proxy]) -> None:
    """Bytes trickle while the link is slow, and the rest comes at once when it is fast again."""
    echo, proxy = link
    await proxy.behave(Slow(100))
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"y" * 5000 + b"\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readline(), 0.3)
    assert echo.heard == []
    assert proxy.bites > 0
    await proxy.behave(Pass())
    assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"Y" * 5000 + b"\n"
    writer.close()


async def test_cuts_after_so_many_bytes(link: tuple[Echo, Proxy]) -> None:
    """The server hears the beginning, the client a reset."""
    echo, proxy = link
    await proxy.behave(CutAfter(8))
    with pytest.raises(ConnectionResetError):
        await say(proxy, b"one\ntwo\nthree\n")
    assert proxy.bites > 0
    await proxy.behave(Pass())

    async def heard() -> bool:
        return echo.heard[:2] == [b"one\n", b"two\n"]

    await eventually(heard, "the beginning to be heard")
    assert b"three\n" not in echo.heard


async def test_swallows_the_answer_to_what_it_knows(link: tuple[Echo, Proxy]) -> None:
    """The question is heard, its answer is lost; other questions are answered."""
    echo, proxy = link
    await proxy.behave(Swallow(lambda piece: piece == b"commit\n"))
    assert await say(proxy, b"other\n") == b"OTHER\n"
    with pytest.raises(ConnectionResetError):
        await say(proxy, b"commit\n")
    assert b"commit\n" in echo.heard
    assert proxy.swallowed == proxy.bites == 1


async def test_server_sees_the_clients_own_address(link: tuple[Echo, Proxy]) -> None:
    """Limits by address hold for each client by itself, not for all that come through the link."""
    echo, proxy = link
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, local_addr=("127.0.9.3", 0))
    writer.write(b"hello\n")
    assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"HELLO\n"
    assert echo.peers == ["127.0.9.3"]
    writer.close()


async def test_client_that_went_at_once_is_lost(link: tuple[Echo, Proxy]) -> None:
    """One that resets before it is looked at has no address any more: it is let go, and the next one is served."""
    _, proxy = link

    class Gone(asyncio.StreamWriter):
        def get_extra_info(self, name: str, default: object = None) -> object:
            return None if name == "peername" else super().get_extra_info(name, default)

    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        gone = Gone(writer.transport, writer.transport.get_protocol(), reader, asyncio.get_running_loop())
        await proxy._accepted(reader, gone)  # noqa: SLF001 - the kernel does not do it on demand
    finally:
        writer.close()
    assert await say(proxy, b"hello\n") == b"HELLO\n"


async def test_server_that_is_away_resets_the_client() -> None:
    """Where nobody is behind the link, the client learns it."""
    proxy = Proxy("nobody", 0, 1)
    await proxy.start()
    with pytest.raises((ConnectionResetError, AssertionError)):
        assert await say(proxy, b"hello\n") != b""
    await proxy.stop()


def test_knows_the_questions_whose_answers_matter() -> None:
    """COMMIT, produce requests and the final dot are told from others."""
    assert asks_commit(b"Q\x00\x00\x00\x0cCOMMIT;\x00")
    assert not asks_commit(b"Q\x00\x00\x00\x0bBEGIN;\x00")
    assert not asks_commit(b"P\x00\x00\x00\x0cCOMMIT;\x00")
    assert asks_produce(b"\x00\x00\x01\x00\x00\x00\x00\x09")
    assert not asks_produce(b"\x00\x00\x01\x00\x00\x01\x00\x09")
    assert ends_data(b"text\r\n.\r\n")
    assert not ends_data(b"MAIL FROM:<a@b>\r\n")


def test_connection_reset_while_it_was_silent_is_over() -> None:
    """What was held for a half that is gone by then is dropped, on the event loop that a run uses too."""
    faults: list[dict[str, object]] = []

    async def reset_in_silence() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
        server = await asyncio.start_server(Echo().answer, "127.0.0.1", 0)
        proxy = Proxy("echo", 0, server.sockets[0].getsockname()[1])
        await proxy.start()

        async def held_back() -> bool:
            return proxy.held > 0

        for held in (b"held\n", b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"first\n")
            assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"FIRST\n"
            await proxy.behave(BlackHole())
            writer.write(held)
            writer.write_eof()
            await eventually(held_back, "what is held")
            proxy.reset()
            await proxy.behave(Pass())
            writer.close()
        assert await say(proxy, b"again\n") == b"AGAIN\n"
        await proxy.stop()
        server.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(reset_in_silence())
    assert faults == []
