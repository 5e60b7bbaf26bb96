"""What the doors answer over a socket."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from deploy.local.process import free_port
from services.intake.app import build
from services.intake.settings import IntakeSettings
from shared.contracts.intake import MessageReceived, ReceiptRecorded
from tests.integration.intake.conftest import Desk, MakeDesk, send, until_open
from tests.integration.wire import Wire, service_settings
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.unit.intake.mails import mail


class Line:
    """A connection spoken by hand, to say what no client library would."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> "Line":
        line = cls(*await asyncio.open_connection("127.0.0.1", port))
        await line.answer()
        return line

    async def say(self, text: bytes) -> str:
        """Send octets; the answer to them."""
        self._writer.write(text)
        return await self.answer()

    def write(self, octets: bytes) -> None:
        """Send octets that nobody answers yet."""
        self._writer.write(octets)

    async def answer(self) -> str:
        """One answer, whole, however many lines it has."""
        lines: list[str] = []
        while True:
            line = (await asyncio.wait_for(self._reader.readline(), PATIENCE_SECONDS)).decode()
            lines.append(line.strip())
            if not line or line[3:4] != "-":
                return "\n".join(lines)

    async def close(self) -> None:
        """Hang up, if the other side has not."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


async def say_data(port: int, content: bytes, *, hello: bytes = b"EHLO a", recipients: int = 1) -> list[str]:
    """Everything up to the final dot, by hand; the answers to RCPT and to the dot."""
    line = await Line.to(port)
    try:
        await line.say(hello + b"\r\n")
        await line.say(b"MAIL FROM:<a@b.example>\r\n")
        answers = [await line.say(b"RCPT TO:<m%d@desk.example>\r\n" % n) for n in range(recipients)]
        await line.say(b"DATA\r\n")
        answers.append(await line.say(content + b"\r\n.\r\n"))
        answers += [await line.answer() for _ in range(recipients - 1)] if hello.startswith(b"LHLO") else []
        return answers
    finally:
        await line.close()


async def test_permanent_answers_are_for_what_a_mail_is(make_desk: MakeDesk) -> None:
    """A foreign domain 550, too large 552, bare LF and over a hundred hops 554: each by its own code."""
    desk = await make_desk(intake_max_mail_bytes=70_000)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as foreign:
        await desk.send(mail(), "a@elsewhere.example")
    assert foreign.value.recipients[0].code == 550
    with pytest.raises(aiosmtplib.SMTPSenderRefused) as announced:
        await desk.send(mail("x" * 80_000))
    assert announced.value.code == 552
    assert (await say_data(desk.port, mail("x\n" * 40_000)))[-1].startswith("552")
    assert (await say_data(desk.port, mail().replace(b"\r\n", b"\n", 2)))[-1].startswith("554 5.6.0")
    assert (await say_data(desk.port, b"Received: x\r\n" * 101 + mail()))[-1].startswith("554 5.4.6")
    assert await desk.ledger() == {}


async def test_smuggled_end_is_no_end(desk: Desk) -> None:
    """A dot between bare line feeds ends no mail: what follows it is no command."""
    line = await Line.to(desk.port)
    await line.say(b"EHLO a\r\n")
    await line.say(b"MAIL FROM:<a@b.example>\r\n")
    await line.say(b"RCPT TO:<support@desk.example>\r\n")
    await line.say(b"DATA\r\n")
    smuggled = b"\n.\nMAIL FROM:<boss@desk.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n" + mail()
    answer = await line.say(mail() + smuggled + b"\r\n.\r\n")
    await line.close()
    assert answer.startswith("554 5.6.0")
    assert await desk.ledger() == {}


async def test_no_room_puts_mail_off_before_it_is_sent(make_desk: MakeDesk) -> None:
    """Below the disk's reserve the sender is told 452 at MAIL, so that it keeps the mail."""
    desk = await make_desk(intake_disk_reserve_bytes=2**62)
    with pytest.raises(aiosmtplib.SMTPSenderRefused) as full:
        await desk.send(mail())
    assert full.value.code == 452


async def test_one_sender_too_fast_is_asked_to_wait(make_desk: MakeDesk) -> None:
    """The cap is for one sender; another goes on."""
    desk = await make_desk(intake_sender_per_minute=2)
    for n in range(2):
        await desk.send(mail(f"mail {n}"))
    with pytest.raises(aiosmtplib.SMTPSenderRefused) as fast:
        await desk.send(mail("mail 3"))
    assert fast.value.code == 451
    await desk.send(mail("mail 4"), sender="other@sorriso.example")


async def test_broker_away_is_try_later(make_database: Any, tmp_path: Path) -> None:
    """B6: without the log nothing is taken and nothing refused: 451; readiness tells both the broker and the door."""
    wire = Wire(f"127.0.0.1:{free_port()}", "away-")
    port = free_port()
    settings = service_settings(
        IntakeSettings,
        wire,
        await make_database("intake"),
        tmp_path,
        intake_smtp_port=port,
        intake_disk_reserve_bytes=0,
    )
    host = await build(settings)
    await host.start()
    try:
        await until_open(port)
        with pytest.raises(aiosmtplib.SMTPDataError) as away:
            await send(port, mail())
        assert away.value.code == 451
        assert "broker" in await host.ready()

        async def door_says_so() -> bool:
            return "door" in await host.ready()

        await eventually(door_says_so, "readiness to say that the door puts mail off")
    finally:
        await host.stop()


async def test_odd_but_honest_mail_is_taken_as_it_came(desk: Desk) -> None:
    """Long lines, dots, 8-bit, an internationalised sender: the octets on the log are the sender's."""
    body, sender = "." + "x" * 5_000 + "\n..dots\n.é\n", "josé@x.example"
    raw = mail(body, "Content-Type: text/plain; charset=utf-8", sender=sender)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=desk.port)
    await client.connect()
    await client.sendmail(sender, ["support@desk.example"], raw, mail_options=["SMTPUTF8", "BODY=8BITMIME"])
    await client.quit()
    message = (await desk.wire.wait_for(MessageReceived))[0].body
    assert isinstance(message, MessageReceived)
    assert message.raw_blob is not None
    assert (desk.blobs / message.raw_blob).read_bytes() == raw
    assert message.text == body.strip("\n")


async def test_lmtp_answers_once_for_each_recipient(make_desk: MakeDesk) -> None:
    """RFC 2033: who delivers by LMTP waits for one answer a recipient; EHLO is none of its words."""
    desk = await make_desk(intake_lmtp_port=free_port())
    answers = await say_data(desk.lmtp_port, mail(), hello=b"LHLO a", recipients=3)
    assert [answer[:3] for answer in answers] == ["250"] * 6
    receipt = (await desk.wire.wait_for(ReceiptRecorded))[0].body
    assert isinstance(receipt, ReceiptRecorded)
    assert receipt.receipt.door == "lmtp"
    line = await Line.to(desk.lmtp_port)
    assert (await line.say(b"EHLO a\r\n")).startswith("500")
    await line.close()


async def test_connections_over_the_limit_are_turned_away(make_desk: MakeDesk) -> None:
    """421 to one too many where all are at work; when one goes, the next is served."""
    desk = await make_desk(intake_connections=2, intake_patience_seconds=600)
    first, second = await Line.to(desk.port), await Line.to(desk.port)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    assert (await reader.readline()).startswith(b"421")
    await Line(reader, writer).close()
    await first.close()
    await second.close()
    await desk.send(mail())


async def test_connection_that_stays_silent_makes_room(make_desk: MakeDesk) -> None:
    """Whoever holds all connections open keeps nobody out: the one that was silent longest is ended for the next."""
    desk = await make_desk(intake_connections=2, intake_patience_seconds=0.2)
    stalled, idle = await Line.to(desk.port), await Line.to(desk.port)
    for words in (b"EHLO a", b"MAIL FROM:<a@b.example>", b"RCPT TO:<support@desk.example>", b"DATA"):
        await stalled.say(words + b"\r\n")
    taken = 0

    async def two_more() -> bool:
        nonlocal taken
        with contextlib.suppress(aiosmtplib.SMTPConnectError):
            taken += (await desk.send(mail())).startswith("2.0.0")
        return taken == 2

    await eventually(two_more, "two mails of others to be taken")
    assert (await idle.answer()).startswith("421 4.4.2")
    await asyncio.gather(idle.close(), stalled.close())


async def test_mails_that_come_in_at_once_are_held_within_bounds(make_desk: MakeDesk) -> None:
    """Of all mails on their way together no more is held than was set: the one beyond it must come again."""
    desk = await make_desk(intake_max_mail_bytes=100_000, intake_held_bytes=100_000)
    lines = [await Line.to(desk.port), await Line.to(desk.port)]
    for line in lines:
        for words in (b"EHLO a", b"MAIL FROM:<a@b.example>", b"RCPT TO:<support@desk.example>", b"DATA"):
            await line.say(words + b"\r\n")

    async def ended(line: Line) -> str:
        """What is said to the final dot; a connection that was ended may not even hear its 421."""
        with contextlib.suppress(ConnectionError):
            return await line.say(b".\r\n")
        return "cut off"

    for line in lines:
        line.write(mail() + b"\r\n" + (b"x" * 70 + b"\r\n") * 800)
    heard = [(await ended(line))[:3] for line in lines]
    assert heard.count("250") == 1, heard
    assert (await desk.send(mail())).startswith("2.0.0")
    await asyncio.gather(*(line.close() for line in lines))


async def test_closing_door_lets_a_mail_on_its_way_end(make_desk: MakeDesk) -> None:
    """SIGTERM: idle connections hear 421, a mail that is being sent gets its answer."""
    desk = await make_desk()
    idle, busy = await Line.to(desk.port), await Line.to(desk.port)
    for words in (b"EHLO a", b"MAIL FROM:<a@b.example>", b"RCPT TO:<support@desk.example>", b"DATA"):
        await busy.say(words + b"\r\n")
    stopping = asyncio.create_task(desk.host.stop())
    assert (await idle.answer()).startswith("421")
    assert (await busy.say(mail() + b"\r\n.\r\n")).startswith("250")
    await stopping
    await asyncio.gather(idle.close(), busy.close())
