"""A rate holds when everything was taken and answered in time; the load does not bend."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.bench.answers import Answers, Sunk
from tests.bench.mails import Mail, colleague_of, reply, request, thread
from tests.bench.pace import Play, hand_over, play
from tests.bench.sink import Connection as SinkConnection
from tests.bench.smtp_client import Connections
from tests.bench.waits import LOST
from tests.support.waiting import PATIENCE_SECONDS, eventually


def test_a_rate_holds_only_when_all_is_answered_and_99_of_100_in_time() -> None:
    """A desk that loses a mail, refuses one, or is late with two of a hundred does not keep up."""
    names = [str(n) for n in range(100)]
    good = Play(10, names, waits=[0.1] * 99 + [5.0])
    assert good.holds(1.0)
    assert not Play(10, names, waits=[0.1] * 98 + [5.0] * 2).holds(1.0)
    assert not Play(10, names, waits=[0.1] * 99).holds(1.0)
    assert not Play(10, names, refused=1, waits=[0.1] * 100).holds(1.0)
    assert not Play(10, names, cut_short=True, waits=[0.1] * 100).holds(1.0)
    assert not Play(10, names, drained=False, waits=[0.1] * 100).holds(1.0)
    assert not Play(10, [], waits=[]).holds(1.0)


def test_what_was_not_answered_is_told() -> None:
    """A mail without an answer has waited longest; a table shows how many there are."""
    told = Play(10, ["a", "b"], refused=1, waits=[0.2]).told()
    assert (told["mails"], told["unanswered"], told["refused"]) == (2, 1, 1)
    assert (told["p50_ms"], told["p99_ms"]) == (200.0, None)
    assert "p50_ms" not in Play(10).told()


def test_every_mail_has_a_sender_and_a_name_of_its_own() -> None:
    """No cap on a sender's mails is met, and no mail is a copy of another."""
    mails = [request("text", f"bench-text1-{n}", "support@desk.example", n) for n in range(200)]
    assert len({mail.sender for mail in mails}) == len({mail.message_id for mail in mails}) == 200
    assert all(mail.raw.endswith(b"\r\n") and max(map(len, mail.raw.split(b"\r\n"))) < 998 for mail in mails)


def test_a_reply_is_answered_to_the_colleague_and_quotes_its_name() -> None:
    """The mail that the desk sends on is known by its address and by the words that it carries."""
    begun = thread("bench-thread-1", "support@desk.example")
    answer = reply("bench-reply1-7", begun, "<ack@desk.example>")
    assert f"Cc: Colleague <{colleague_of(begun.sender)}>".encode() in begun.raw
    assert answer.answer_to == colleague_of(begun.sender)
    assert answer.must_quote
    assert b"In-Reply-To: <ack@desk.example>\r\n" in answer.raw
    assert b"\r\n\r\nbench-reply1-7\r\n" in answer.raw


@asynccontextmanager
async def door(make: type[asyncio.Protocol], patience_seconds: float = PATIENCE_SECONDS) -> AsyncIterator[Connections]:
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    connections = Connections(server.sockets[0].getsockname()[1], 4, patience_seconds)
    yield connections
    connections.close()
    server.close()


class Refusing(SinkConnection):
    """Takes no mail."""

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(b"250 OK\r\n" if data.startswith(b"EHLO") else b"451 4.3.0 Later\r\n" * 3)


class Mute(SinkConnection):
    """Greets, takes every command and the mail's text, and never says what became of it."""

    def data_received(self, data: bytes) -> None:
        if not data.endswith(b"\r\n.\r\n"):
            super().data_received(data)


class Asleep(asyncio.Protocol):
    """Takes a connection, and says nothing."""


def mails(count: int) -> list[Mail]:
    return [request("text", f"bench-text1-{n}", "support@desk.example", n) for n in range(count)]


async def test_mails_go_out_and_their_answers_are_waited_for() -> None:
    """Waits count from when mails were due; the sink's line says all that an answer is known by."""
    answers = Answers()

    async def five_are_open() -> bool:
        return answers.open == 5

    async def answer_all() -> None:
        await eventually(five_are_open, "five mails")
        for mail in mails(5):
            answers.arrived(Sunk(time.monotonic(), (mail.answer_to,), frozenset(), ""))

    async with door(SinkConnection) as connections:
        answering = asyncio.create_task(answer_all())
        done = await play(mails(5), 1000, connections, answers)
        await answering
    assert (len(done.names), len(done.waits), done.refused, done.cut_short) == (5, 5, 0, False)


async def test_refused_mails_are_counted_and_not_waited_for() -> None:
    """A desk that defers does not keep up, and the try ends."""
    async with door(Refusing) as connections:
        done = await play(mails(3), 1000, connections, Answers())
    assert (done.refused, len(done.waits), done.drained) == (3, 0, True)
    assert not done.holds(1.0)


@pytest.mark.parametrize("hanging", [Mute, Asleep])
async def test_a_door_that_hangs_has_not_taken_the_mail(hanging: type[asyncio.Protocol]) -> None:
    """The try ends, with more mails than there are connections; a mail without an answer counts as refused."""
    async with asyncio.timeout(PATIENCE_SECONDS), door(hanging, patience_seconds=0.2) as connections:
        done = await play(mails(6), 1000, connections, Answers())
    assert (done.refused, len(done.waits), done.drained) == (6, 0, True)
    assert not done.holds(1.0)


async def test_a_try_that_cannot_hold_is_cut_short() -> None:
    """Where nothing is answered the load ends long before all its mails are sent."""
    answers = Answers()
    for number in range(41):
        answers.expect(f"old-{number}", f"old-{number}@load.example", 0.0)

    async def answer_old() -> None:
        await asyncio.sleep(0)
        for number in range(41):
            answers.arrived(Sunk(1.0, (f"old-{number}@load.example",), frozenset(), ""))

    async with door(SinkConnection) as connections:
        answering = asyncio.create_task(answer_old())
        done = await play(mails(100), 1, connections, answers)
        await answering
    assert done.cut_short
    assert done.names == []


def gathering(size: int) -> type[asyncio.Protocol]:
    """A door that answers for no mail before it has so many."""
    waiting = list[asyncio.WriteTransport]()

    class Gathering(SinkConnection):
        def data_received(self, data: bytes) -> None:
            if not data.endswith(b"\r\n.\r\n"):
                super().data_received(data)
                return
            assert self._transport is not None
            waiting.append(self._transport)
            if len(waiting) == size:
                for each in waiting:
                    each.write(b"250 OK\r\n")

    return Gathering


async def test_a_door_is_measured_by_mails_that_wait_for_no_other() -> None:
    """Four are on their way at once; waits count from when each was due, not from when the door had time for it."""
    async with asyncio.timeout(PATIENCE_SECONDS), door(gathering(4)) as connections:
        waits = await hand_over(mails(4), 50, connections)
    assert len(waits) == 4
    assert LOST not in waits
    assert max(waits) > 2 / 50, "the first was due three fiftieths before the fourth"


@pytest.mark.parametrize("make", [Refusing, Asleep])
async def test_a_mail_that_the_door_does_not_take_has_waited_longest(make: type[asyncio.Protocol]) -> None:
    """Refused or left without an answer, it makes no answer time better."""
    async with asyncio.timeout(PATIENCE_SECONDS), door(make, patience_seconds=0.2) as connections:
        assert await hand_over(mails(3), 1000, connections) == [LOST] * 3
