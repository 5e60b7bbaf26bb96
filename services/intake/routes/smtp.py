"""The SMTP and LMTP doors: what they answer, and when.

Invariants:
- 250 to the final dot means that the octets are on the log; anything else is 4xx or 5xx, so the sender keeps the mail
  (RFC 5321 §6.1).
- A permanent refusal (5xx) is given only for what the mail itself is, never for a server of ours that is away.
- A door reads no more of a mail than its first 64 KiB; parsing comes later.
"""

import asyncio
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as SmtpEnvelope

from services.intake.domain.addresses import domain_of
from services.intake.domain.dotted import DottedMail
from services.intake.domain.fingerprint import SCANNED_BYTES, header_values, split_head
from services.intake.domain.pace import SenderPace
from services.intake.use_cases.accept_mail import BlobStore, Delivery, Log, accept_mail
from shared.clock import Clock
from shared.crashpoint import crashpoint
from shared.errors import TransientError
from shared.observability.metrics import DOOR

_log = structlog.get_logger()

MAX_HOPS = 100
MAX_RECIPIENTS = 100

#: Inside a mail a connection may be silent so many times as long as between two.
PATIENCE_IN_DATA = 5

ACCEPTED = "250 2.0.0 OK {receipt}"
TRY_LATER = "451 4.3.0 We cannot store this just now; please try again later"
NO_SPACE = "452 4.3.1 Not enough storage just now; please try again later"
SLOW_DOWN = "451 4.7.1 Too many mails from this sender; please try again in a minute"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients; send the rest in another mail"
CROWDED = "421 4.7.0 Too many connections; please try again later"
OVERFLOWING = "421 4.3.1 Too much mail is coming in at once; please try again later"
LEFT_IDLE = "421 4.4.2 Others wait for this connection; please come again"
CLOSING = "421 4.3.2 This server is closing; please try again"
FOREIGN = "550 5.7.1 We do not take mail for that domain"
LOOPING = "554 5.4.6 Too many hops: the mail goes round in circles"
BARE_LF = "554 5.6.0 Lines end in CRLF, and this mail has a bare LF (RFC 5321 2.3.8)"


@dataclass(frozen=True)
class Domains:
    """The domains that mail is taken for. Until `known`, another domain may be ours too: it is asked to try later."""

    own: frozenset[str]
    known: bool


@dataclass(frozen=True)
class DoorRules:
    """What a door asks before it takes a mail: whose mail, is there room, how many a minute of one sender (0: any)."""

    domains: Callable[[], Domains]
    has_space: Callable[[], bool]
    mails_per_minute: int


class Door:
    """Answers MAIL, RCPT and DATA of every connection; aiosmtpd calls the `handle_` methods by their names."""

    def __init__(self, *, log: Log, blobs: BlobStore, clock: Clock, rules: DoorRules) -> None:
        self._log = log
        self._blobs = blobs
        self._clock = clock
        self._domains = rules.domains
        self._has_space = rules.has_space
        self._pace = SenderPace(rules.mails_per_minute)
        self.closing = False

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, session: Session, _envelope: SmtpEnvelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, _session: Session, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if self.closing:
            return CLOSING
        if not self._has_space():
            return _counted(server, "deferred", NO_SPACE)
        if not self._pace.allows("" if address == "<>" else address, time.monotonic()):
            return _counted(server, "deferred", SLOW_DOWN)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, _session: Session, envelope: SmtpEnvelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY_RECIPIENTS
        domains = self._domains()
        domain = domain_of(address)
        # RFC 5321 §4.5.1: postmaster is taken without a domain too.
        if domain not in domains.own and address.lower() != "postmaster":
            return _counted(server, "refused", FOREIGN) if domains.known else _counted(server, "deferred", TRY_LATER)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, _session: Session, envelope: SmtpEnvelope) -> str:  # noqa: N802
        server.is_answering = True
        content = envelope.original_content or b""
        refusal = _refusal(content)
        if refusal is not None:
            return _counted(server, "refused", refusal)
        began = time.monotonic()
        sender = "" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from)
        delivery = Delivery(server.door_name, sender, tuple(envelope.rcpt_tos), content)
        try:
            receipt = await accept_mail(self._log, self._blobs, delivery, self._clock())
        except (TransientError, OSError) as error:
            _log.warning("mail_deferred", reason=str(error)[:200])
            return _counted(server, "deferred", TRY_LATER)
        milliseconds = round((time.monotonic() - began) * 1000, 1)
        _log.info("mail_accepted", receipt=str(receipt), size_bytes=len(content), milliseconds=milliseconds)
        crashpoint("door.before_answer")
        return _counted(server, "accepted", ACCEPTED.format(receipt=receipt))

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong in a command, the sender keeps its mail."""
        _log.error("door_failed", reason=repr(error)[:300], exc_info=error)
        return TRY_LATER


def _counted(server: Any, answer: str, text: str) -> str:
    DOOR.labels(server.door_name, answer).inc()
    return text


def _refusal(content: bytes) -> str | None:
    """Why a mail is not taken for good; none when it is."""
    if content.count(b"\n") != content.count(b"\r\n"):
        return BARE_LF
    head, _ = split_head(content[:SCANNED_BYTES])
    return LOOPING if len(header_values(head, b"Received")) > MAX_HOPS else None


def _has_line_over(content: bytes, limit: int) -> bool:
    return len(content) > limit and max(map(len, content.split(b"\r\n"))) > limit


@dataclass
class Crowd:
    """All connections of a listener.

    With all of them taken, the one that has been silent longest makes room, so that nobody keeps others out by staying;
    where all are at work the newcomer is turned away. Of mails that are coming in no more is held than `most_bytes`:
    the one that goes beyond must come again.
    """

    limit: int
    patience_seconds: float
    most_bytes: int
    held_bytes: int = 0
    open: "set[_Connection]" = field(default_factory=set)

    def has_room(self) -> bool:
        """Whether one more may stay; one that was silent for longer than others can wait is ended for it."""
        if len(self.open) < self.limit:
            return True
        silent = max(self.open, key=lambda each: each.silent_seconds())
        if silent.silent_seconds() < self.patience_seconds:
            return False
        self.open.discard(silent)
        return silent.end(LEFT_IDLE)


class _Connection(SMTP):
    """One connection. Registers with its listener, turns away where there is no room, tells when it is inside DATA."""

    door_name = "smtp"
    #: One real mail in 25 has lines over the 1,000 bytes that aiosmtpd takes by itself.
    line_length_limit = 1_000_000

    def __init__(self, door: Door, crowd: "Crowd", **options: Any) -> None:
        super().__init__(door, enable_SMTPUTF8=True, ident="Deskstream", **options)
        self._crowd = crowd
        self._turned_away = False
        self.in_data = False
        self.is_answering = False
        self._held_bytes = 0
        self._heard_at = time.monotonic()
        self._mail: DottedMail | None = None
        self._whole: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: Any) -> None:
        if not self._crowd.has_room():
            self._turned_away = True
            transport.write(CROWDED.encode() + b"\r\n")
            transport.close()
            return
        self._crowd.open.add(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._heard_at = time.monotonic()
        if self.in_data:
            self._held_bytes += len(data)
            self._crowd.held_bytes += len(data)
            if self._crowd.held_bytes > self._crowd.most_bytes:
                self._let_go()
                self.end(OVERFLOWING)
                return
        rest = data if self._mail is None else self._taken(self._mail, data)
        if rest:
            super().data_received(rest)

    def _taken(self, mail: DottedMail, data: bytes) -> bytes:
        """Octets of a mail are no commands; returns those that stand behind its final dot."""
        whole = mail.take(data)
        if whole is None:
            return b""
        content, rest = whole
        self._mail = None
        if self._whole is not None and not self._whole.done():
            self._whole.set_result(content)
        return rest

    def _let_go(self) -> None:
        """Of the mail that it brought nothing is held any more."""
        self._crowd.held_bytes -= self._held_bytes
        self._held_bytes = 0

    def silent_seconds(self) -> float:
        """How long its sender has kept others waiting for nothing; none at all while it waits for our answer."""
        if self.is_answering:
            return 0.0
        return (time.monotonic() - self._heard_at) / (PATIENCE_IN_DATA if self.in_data else 1)

    def connection_lost(self, error: Exception | None) -> None:
        self._crowd.open.discard(self)
        self._let_go()
        if not self._turned_away:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return None if self._turned_away else super().eof_received()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """An address in angle brackets, read directly; odd ones by aiosmtpd's slow parser, which may raise."""
        if arg.startswith("<") and '"' not in arg and ":" not in arg:
            address, closed, rest = arg[1:].partition(">")
            if closed and " " not in address and "<" not in address:
                return (address or "<>"), rest.strip()
        try:
            return super()._getaddr(arg)
        except (IndexError, ValueError, AttributeError):
            return None, None

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        self.in_data = True
        try:
            await self._take_mail(arg)
        except asyncio.CancelledError as error:
            # What came of a mail that was cut off hangs on this error and its task until the collector comes round.
            traceback.clear_frames(error.__traceback__)
            raise
        finally:
            self.in_data = self.is_answering = False
            self._mail = self._whole = None
            self._let_go()
        crashpoint("door.after_answer")

    async def _take_mail(self, arg: str) -> None:
        """As the library does it, but for the reading: it takes a mail line by line."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA") or self.envelope is None:
            return
        if not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        mail = self._mail = DottedMail(self.data_size_limit or sys.maxsize)
        self._whole = asyncio.get_running_loop().create_future()
        # What a sender has said who did not wait for us is here already, and is read without a wait.
        early = len(self._reader._buffer)  # type: ignore[attr-defined] # noqa: SLF001 - nothing else tells how much
        self.data_received(await self._reader.read(early) if early else b"")
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._whole
        if mail.is_too_large:
            await self.push("552 Error: Too much mail data")
        elif _has_line_over(content, self.line_length_limit):
            await self.push("500 Line too long (see RFC5321 4.5.3.1.6)")
        else:
            self.envelope.content = self.envelope.original_content = content
            await self.push(await self._call_handler_hook("DATA"))
        self._set_post_data_state()  # type: ignore[no-untyped-call] # aiosmtpd's

    def close_idle(self) -> bool:
        """Say goodbye unless a mail is on its way; true when it was said."""
        return not self.in_data and self.end(CLOSING)

    def give_up(self) -> None:
        """The connection is gone, whatever was on its way."""
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).abort()

    def end(self, last_words: str) -> bool:
        """The connection is over; true when it was there."""
        if self.transport is None:
            return False
        # Never asked by its class: uvloop's transports are no subclasses of asyncio's.
        transport = cast(asyncio.WriteTransport, self.transport)
        transport.write(last_words.encode() + b"\r\n")
        transport.close()
        return True


class SmtpConnection(_Connection):
    """SMTP (RFC 5321)."""


class LmtpConnection(_Connection):
    """LMTP (RFC 2033): LHLO, and after the final dot one answer a recipient; aiosmtpd gives one for all."""

    door_name = "lmtp"
    #: How many times the next answer is said, and how many times it will be once the final dot is awaited.
    _answers = 0
    _expected = 0

    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        await super().smtp_EHLO(arg)

    async def smtp_HELO(self, _arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        await self.push('500 Error: command "HELO" not recognized')

    async def smtp_EHLO(self, _arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        await self.push('500 Error: command "EHLO" not recognized')

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        recipients = len(self.envelope.rcpt_tos) if self.envelope is not None else 0
        try:
            self._expected = recipients
            await super().smtp_DATA(arg)
        finally:
            self._answers = self._expected = 0

    async def push(self, status: str) -> None:  # type: ignore[override] # aiosmtpd pushes octets nowhere
        if self._answers > 1:
            status = "\r\n".join([status] * self._answers)
        if status.startswith("354"):
            self._answers = self._expected
        await super().push(status)
