"""A mail server for tests: it takes mails, or does what it is told to instead, and remembers all it was asked."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

#: What to do with a mail after its final dot: an SMTP answer.
Behaviour = Callable[["Received"], Awaitable[str]]


@dataclass(frozen=True)
class Received:
    """One mail as it was handed over."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        found = BytesParser(policy=policy.default).parsebytes(self.raw)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


async def take(_: Received) -> str:
    return "250 taken"


@dataclass
class Sink:
    """A server on a free port.

    Attributes:
        given: every mail that came to its final dot, whatever was answered.
        behave: what it answers, to be replaced by a test.
        refuse_recipient: answers to RCPT by address.
    """

    given: list[Received] = field(default_factory=list)
    behave: Behaviour = take
    refuse_recipient: dict[str, str] = field(default_factory=dict)
    port: int = 0
    _server: asyncio.Server | None = None
    _sessions: list[SMTP] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen; after a stop, on the same port as before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self, *, closing: bool = False) -> None:
        """Nobody listens any more; connections that are open go on, unless they are to be closed."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in self._sessions if closing else ():
            if session.transport is not None:
                session.transport.close()

    def to(self, address: str) -> list[Received]:
        return [mail for mail in self.given if mail.recipient == address]

    def _session(self) -> SMTP:
        session = SMTP(self, hostname="sink.example", enable_SMTPUTF8=True, data_size_limit=50_000_000)
        self._sessions.append(session)
        return session

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name and signature
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[Any]
    ) -> str:
        refusal = self.refuse_recipient.get(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        content = envelope.original_content or b""
        mail = Received(envelope.mail_from or "", envelope.rcpt_tos[0], content)
        self.given.append(mail)
        return await self.behave(mail)
