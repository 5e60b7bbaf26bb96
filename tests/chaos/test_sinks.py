"""The sink answers in each of its manners, and keeps what it took."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
import pytest_asyncio

from tests.chaos.evidence import Journal, read_journal
from tests.chaos.sinks import Manner, Sink, read_mails
from tests.support.waiting import eventually

ANSWER_SECONDS = 5.0


def letter(text: str = "Hello") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@desk.example", "ana@cliente.example", "Hi"
    message.set_content(text)
    return message


@pytest_asyncio.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    made = Sink(tmp_path / "mails.jsonl")
    await made.start()
    yield made
    await made.stop()


async def send(sink: Sink, message: EmailMessage, recipient: str = "ana@cliente.example") -> str:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port, timeout=ANSWER_SECONDS, start_tls=False) as client:
        await client.mail("bounce@desk.example")
        await client.rcpt(recipient)
        code, _ = await client.data(message.as_bytes())
        return str(code)


async def test_takes_and_keeps_a_mail_as_it_came(sink: Sink, tmp_path: Path) -> None:
    """What is kept is what was sent, dots at line beginnings and all."""
    message = letter("one\n.\n..two\nthree\n")
    assert await send(sink, message) == "250"
    kept = read_mails(tmp_path / "mails.jsonl")
    assert [mail.recipients for mail in kept] == [("ana@cliente.example",)]
    assert kept[0].mail_from == "bounce@desk.example"
    assert kept[0].message.get_content().splitlines() == ["one", ".", "..two", "three"]
    assert kept[0].is_taken
    assert sink.bites == 0


@pytest.mark.parametrize(
    ("manner", "code"), [(Manner.DEFER_RECIPIENT, 450), (Manner.DEFER_DATA, 451)], ids=["450", "451"]
)
async def test_defers(sink: Sink, tmp_path: Path, manner: Manner, code: int) -> None:
    """A deferred mail is not taken; one whose octets were seen is kept as such."""
    await sink.behave(manner)
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await send(sink, letter())
    assert refused.value.code == code
    assert sink.taken == 0
    assert sink.bites == 1
    assert not any(mail.is_taken for mail in read_mails(tmp_path / "mails.jsonl"))


async def test_says_421_at_once(sink: Sink) -> None:
    """A client is told to come again before it has said anything."""
    await sink.behave(Manner.CLOSE)
    with pytest.raises(aiosmtplib.SMTPConnectError, match="Not now"):
        await send(sink, letter())
    assert sink.bites == 1


async def test_refuses_connections_then_takes_mail_again(sink: Sink) -> None:
    """Nobody listens while it refuses; afterwards the same port works."""
    await sink.behave(Manner.REFUSE)
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(sink, letter())
    await sink.behave(Manner.ACCEPT)
    assert await send(sink, letter()) == "250"


async def test_swallows_its_answer_and_keeps_the_mail(sink: Sink, tmp_path: Path) -> None:
    """The recipient has it, the client does not know."""
    await sink.behave(Manner.SWALLOW)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(sink, letter())
    assert [mail.answer for mail in read_mails(tmp_path / "mails.jsonl")] == ["swallowed"]
    assert sink.taken == sink.bites == 1


async def test_keeps_what_came_of_a_mail_that_was_cut_off(sink: Sink, tmp_path: Path) -> None:
    """Nobody has it, and yet its octets left."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sink.port)
    for line in (b"EHLO x\r\n", b"MAIL FROM:<d@desk.example>\r\n", b"RCPT TO:<ana@cliente.example>\r\n"):
        writer.write(line)
    writer.write(b"DATA\r\n")
    await reader.readuntil(b"354 Go on\r\n")
    writer.write(b"Subject: Hi\r\n\r\n..hidden\r\nhalf a line")
    writer.close()

    async def is_kept() -> bool:
        return bool(read_mails(tmp_path / "mails.jsonl"))

    await eventually(is_kept, "half a mail")
    (kept,) = read_mails(tmp_path / "mails.jsonl")
    assert kept.raw == b"Subject: Hi\r\n\r\n.hidden\r\nhalf a line"
    assert (kept.answer, kept.is_taken, sink.taken) == ("cut", False, 0)


async def test_refuses_chosen_recipients_for_good(sink: Sink) -> None:
    """A recipient that is gone gets 550, others are served."""
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await send(sink, letter(), "gone-7@cliente.example")
    assert refused.value.code == 550
    assert await send(sink, letter()) == "250"


async def test_trickles_a_byte_a_second(sink: Sink) -> None:
    """A client with less patience than that gets nowhere."""
    await sink.behave(Manner.TRICKLE)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port, timeout=1.5, start_tls=False)
    with pytest.raises(aiosmtplib.SMTPException):
        await asyncio.wait_for(client.connect(), ANSWER_SECONDS * 2)
    assert sink.taken == 0
    assert sink.bites > 0


async def test_tells_of_each_mail(tmp_path: Path) -> None:
    """Whoever asked hears of a mail when it is on the disk."""
    path, told = tmp_path / "mails.jsonl", list[int]()
    sink = Sink(path, on_mail=lambda _: told.append(len(read_mails(path))))
    await sink.start()
    await send(sink, letter())
    await send(sink, letter())
    await sink.stop()
    assert told == [1, 2]


def test_journal_forgets_a_line_that_was_cut_off(tmp_path: Path) -> None:
    """What was not written whole was never acted upon."""
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.write({"op": 1})
    with path.open("ab") as file:
        file.write(b'{"op": 2')
    assert list(read_journal(path)) == [{"op": 1}]
    assert list(read_journal(tmp_path / "none.jsonl")) == []
