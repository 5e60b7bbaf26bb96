"""What is said to a mail server: groups of commands where it takes them, and what each reply is taken for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from services.notifier.clients import Answer, MailServer

MAIL = b"Subject: x\r\n\r\n.begins with a dot\r\n.\r\nend\r\n"
STUFFED = b"Subject: x\r\n\r\n..begins with a dot\r\n..\r\nend\r\n"
GROUPS = b"250-sink.example\r\n250 PIPELINING\r\n"
Talker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(*talkers: Talker, offers: bytes = GROUPS) -> AsyncIterator[MailServer]:
    """A client of a server that greets and then says what it is told to, on one connection after another."""
    left = list(talkers)

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 sink.example\r\n")
            await reader.readline()
            writer.write(offers)
            await left.pop(0)(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(accepted, "127.0.0.1", 0)
    client = MailServer(f"smtp://127.0.0.1:{listening.sockets[0].getsockname()[1]}", "desk.example", 30)
    try:
        yield client
    finally:
        client.close()
        listening.close()


async def send(client: MailServer, recipient: str = "marta@cliente.example") -> Answer:
    return await client.send("bounce@desk.example", recipient, MAIL)


async def lines(reader: asyncio.StreamReader, count: int) -> list[bytes]:
    return [(await reader.readline()).strip() for _ in range(count)]


async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """One mail, all its commands read before the first is answered."""
    said = await lines(reader, 3)
    assert said == [b"MAIL FROM:<bounce@desk.example>", b"RCPT TO:<marta@cliente.example>", b"DATA"]
    writer.write(b"250 OK\r\n250 OK\r\n354 Go on\r\n")
    content = await reader.readuntil(b"\r\n.\r\n")
    writer.write(b"250-2.0.0 Taken\r\n250 as 17\r\n")
    return content.removesuffix(b".\r\n")


async def test_commands_of_a_mail_go_in_one_group() -> None:
    """RFC 2920: a server that answers only when it has all three is no riddle; lines with dots arrive as they were."""
    found: list[bytes] = []

    async def two(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.extend([await taken(reader, writer), await taken(reader, writer)])
        await reader.read()

    async with server(two) as client:
        assert await send(client) == Answer("sent", 250, "2.0.0 Taken\nas 17")
        assert (await send(client)).outcome == "sent"
    assert found == [STUFFED, STUFFED]


async def test_server_without_groups_is_asked_one_thing_at_a_time() -> None:
    """RFC 5321: who does not offer it gets no command before the last one is answered."""

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in (b"250 OK\r\n", b"251 Forwarded\r\n", b"354 Go on\r\n"):
            await reader.readuntil(b"\r\n")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readexactly(1), 0.05)
            writer.write(reply)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 OK\r\n")

    async with server(slowly, offers=b"250 sink.example\r\n") as client:
        assert (await send(client)).outcome == "sent"


async def test_refused_recipient_is_sent_nothing() -> None:
    """RFC 2920 §3.1: a server that refuses the recipient and says "go on" all the same gets no octet of the mail."""
    content: asyncio.Queue[bytes] = asyncio.Queue()

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await lines(reader, 3)
        writer.write(b"250 OK\r\n550-5.1.1 No such\r\n550 user\r\n354 Go on\r\n")
        await content.put(await reader.read())

    async def next_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await content.put(await taken(reader, writer))

    async with server(refuses, next_one) as client:
        assert await send(client) == Answer("refused", 550, "5.1.1 No such\nuser")
        assert await content.get() == b""
        assert (await send(client)).outcome == "sent"
        assert await content.get() == STUFFED


async def test_replies_in_pieces_are_put_together() -> None:
    """A reply may come octet by octet, and several in one piece."""

    async def trickles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await lines(reader, 3)
        for octet in b"250-a\r\n250 b\r\n250 OK\r\n354 Go on\r\n":
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"451 4.3.0 Later\r\n")

    async with server(trickles) as client:
        assert await send(client) == Answer("deferred", 451, "4.3.0 Later")


async def test_goodbye_that_nobody_asked_for_is_no_answer_to_the_next_mail() -> None:
    """A server that closes a connection that it kept: the next mail goes over a new one, and is its first attempt."""
    said_goodbye = asyncio.Event()

    async def leaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken(reader, writer)
        writer.write(b"421 4.4.2 Idle\r\n")
        await writer.drain()
        said_goodbye.set()
        await reader.read()

    async def again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken(reader, writer)

    async with server(leaves, again) as client:
        assert (await send(client)).outcome == "sent"
        await said_goodbye.wait()
        assert (await send(client)).outcome == "sent"


@pytest.mark.parametrize("last_words", [b"", b"what?\r\n", b"25"])
async def test_answer_that_does_not_come_is_unknown(last_words: bytes) -> None:
    """S4: after the final dot the server may have the mail, whatever it says or does not say; before it, it has not."""

    async def vanishes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await lines(reader, 3)
        writer.write(b"250 OK\r\n250 OK\r\n354 Go on\r\n")
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(last_words)

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await lines(reader, 3)
        writer.write(b"250 OK\r\n" + last_words)

    async with server(vanishes, never) as client:
        assert (await send(client)).outcome == "unknown"
        before = await send(client)
        assert (before.outcome, before.server_away) == ("deferred", True)


async def test_address_that_would_end_its_command_is_not_said() -> None:
    """Whatever an address holds, it cannot become a command of its own."""

    async def listens(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""

    async with server(listens) as client:
        with pytest.raises(ValueError, match="control character"):
            await send(client, "a@b.example>\r\nRCPT TO:<c@d.example")
