"""The mail server at the other end: takes the desk's mail, in good and in bad manners, and keeps all of it as evidence.

Invariant: a mail is on the disk before its 250 is sent, and so is one whose 250 is swallowed.
"""

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum
from pathlib import Path

from tests.chaos.evidence import Journal, Json, read_journal

_LOST = (ConnectionError, OSError, asyncio.IncompleteReadError)
LINE_LIMIT = 64 * 1024 * 1024


class Manner(Enum):
    """How the sink treats its clients."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    CLOSE = "421"
    DEFER_RECIPIENT = "450"
    DEFER_DATA = "451"
    SWALLOW = "swallow"
    TRICKLE = "trickle"


@dataclass(frozen=True)
class SunkMail:
    """One mail that reached the sink.

    Attributes:
        answer: what its client heard after the final dot: ``250``, ``451``, or nothing (``swallowed``); of a mail
            whose final dot never came (``cut``), ``raw`` is what did.
    """

    at: float
    mail_from: str
    recipients: tuple[str, ...]
    raw: bytes
    answer: str

    @property
    def is_taken(self) -> bool:
        """Whether its recipients have it, whatever its client knows."""
        return self.answer in {"250", "swallowed"}

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    def as_line(self) -> Json:
        raw = base64.b64encode(self.raw).decode()
        return {
            "at": self.at,
            "mail_from": self.mail_from,
            "recipients": list(self.recipients),
            "answer": self.answer,
            "raw": raw,
        }

    @classmethod
    def from_line(cls, line: Json) -> "SunkMail":
        raw = base64.b64decode(line["raw"])
        return cls(line["at"], line["mail_from"], tuple(line["recipients"]), raw, line["answer"])


def read_mails(path: Path) -> list[SunkMail]:
    """Every mail that a sink kept."""
    return [SunkMail.from_line(line) for line in read_journal(path)]


@dataclass
class _Letter:
    """What a client has said of the mail that it is about to send."""

    mail_from: str = ""
    recipients: list[str] = field(default_factory=list)


class Sink:
    """An SMTP server on the loopback address.

    Args:
        evidence: where it keeps its mails.
        port: where it listens; 0 takes any free one.
        on_mail: told of each mail that is taken.
    """

    def __init__(self, evidence: Path, port: int = 0, on_mail: Callable[[SunkMail], None] | None = None) -> None:
        self.port = port
        self.manner = Manner.ACCEPT
        #: Local parts of recipients that are refused for good begin so.
        self.refused_prefix = "gone-"
        self.taken = 0
        #: How often a bad manner met a client.
        self.bites = 0
        self._journal = Journal(evidence)
        self.on_mail = on_mail
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """It listens."""
        if self._server is None:
            self._server = await asyncio.start_server(
                self._accepted, "127.0.0.1", self.port, limit=LINE_LIMIT, backlog=512
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nobody listens; clients are cut off, and what they had sent is kept."""
        self._close()
        if self._talks:
            await asyncio.wait(self._talks)
        self._journal.close()

    async def behave(self, manner: Manner) -> None:
        """It is so from now on."""
        self.manner = manner
        if manner is Manner.REFUSE:
            self._close()
        else:
            await self.start()

    def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._writers):
            self.bites += 1
            writer.transport.abort()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            await self._talk(reader, writer)
        except _LOST:
            writer.transport.abort()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.manner is Manner.CLOSE:
            self.bites += 1
            await self._say(writer, "421 4.3.2 Not now")
            return
        await self._say(writer, "220 sink.example ESMTP")
        letter = _Letter()
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            verb = line[:4].upper()
            if verb == "DATA" and letter.recipients:
                await self._say(writer, "354 Go on")
                if not await self._take(reader, writer, letter):
                    return
                letter = _Letter()
            elif verb == "QUIT":
                await self._say(writer, "221 2.0.0 Bye")
                return
            else:
                await self._say(writer, self._answer(verb, line, letter))

    def _answer(self, verb: str, line: str, letter: _Letter) -> str:
        if verb in {"EHLO", "HELO"}:
            return "250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING"
        if verb == "MAIL":
            letter.mail_from = _address(line)
            return "250 2.1.0 OK"
        if verb == "RCPT":
            return self._recipient(_address(line), letter)
        if verb in {"RSET", "NOOP"}:
            letter.recipients.clear()
            return "250 2.0.0 OK"
        return "503 5.5.1 Not now" if verb == "DATA" else "500 5.5.2 What?"

    def _recipient(self, address: str, letter: _Letter) -> str:
        if address.startswith(self.refused_prefix):
            return "550 5.1.1 No such user"
        if self.manner is Manner.DEFER_RECIPIENT:
            self.bites += 1
            return "450 4.2.1 Mailbox busy"
        letter.recipients.append(address)
        return "250 2.1.5 OK"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, letter: _Letter) -> bool:
        """Read one mail and answer for it; false when the connection is over."""
        content = bytearray()
        try:
            await _dotted(reader, content)
        except _LOST:
            if content:
                self._keep(letter, content, "cut")
            raise
        if self.manner is Manner.DEFER_DATA:
            self.bites += 1
            self._keep(letter, content, "451")
            await self._say(writer, "451 4.3.0 Try later")
            return True
        if self.manner is Manner.SWALLOW:
            self.bites += 1
            self._keep(letter, content, "swallowed")
            writer.transport.abort()
            return False
        self._keep(letter, content, "250")
        await self._say(writer, "250 2.0.0 Taken")
        return True

    def _keep(self, letter: _Letter, content: bytearray, answer: str) -> None:
        mail = SunkMail(time.time(), letter.mail_from, tuple(letter.recipients), bytes(content), answer)
        self._journal.write(mail.as_line())
        if mail.is_taken:
            self.taken += 1
            if self.on_mail is not None:
                self.on_mail(mail)

    async def _say(self, writer: asyncio.StreamWriter, answer: str) -> None:
        octets = answer.encode() + b"\r\n"
        while octets and self.manner is Manner.TRICKLE:
            self.bites += 1
            writer.write(octets[:1])
            await writer.drain()
            octets = octets[1:]
            await asyncio.sleep(1)
        writer.write(octets)
        await writer.drain()


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0].lower()


async def _dotted(reader: asyncio.StreamReader, into: bytearray) -> None:
    """A mail up to its final dot is there, the dots of its lines as they were (RFC 5321 §4.5.2).

    Raises:
        ConnectionError, asyncio.IncompleteReadError: the client went away before it; what had come is there.
    """
    while (line := await reader.readline()) != b".\r\n":
        into += line.removeprefix(b".")
        if not line.endswith(b"\n"):
            raise asyncio.IncompleteReadError(line, None)
