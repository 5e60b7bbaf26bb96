"""What is said on one SMTP connection, for one mail after another: in groups where the server takes groups.

Invariant: each reply is taken for the command that it answers; where one comes that was not asked for, or is no reply,
the connection is of no more use.

The library opens the connection, greets, encrypts and signs in. It waits for each reply before it says the next thing,
and drops what comes with it, so the few commands of a mail are said here.

Source: RFC 5321 §4.2 (replies), §4.5.2 (dots), RFC 2920 (groups of commands).
"""

import asyncio
import re
from collections import deque
from typing import NamedTuple

from aiosmtplib import SMTPResponseException, SMTPServerDisconnected

#: A reply may have many lines; a server that never ends one is not listened to for ever.
REPLY_BYTES = 64 * 1024
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_REPLY_LINE = re.compile(rb"[2-5]\d\d([ -].*)?")


class Reply(NamedTuple):
    """What the server answered to one command."""

    code: int
    text: str


class _Command(NamedTuple):
    words: bytes
    welcome: tuple[int, ...]


class Talk(asyncio.Protocol):
    """The mails of one connection, which has said EHLO.

    Args:
        transport: of the connection; what comes on it is ours from now on.
        in_groups: the server takes commands before it has answered those before them.
    """

    def __init__(self, transport: asyncio.Transport, *, in_groups: bool) -> None:
        self._transport = transport
        self._in_groups = in_groups
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._over = ""
        transport.set_protocol(self)

    @property
    def is_fresh(self) -> bool:
        """Whether a mail may begin: the connection is there, and nothing was said that nobody asked for."""
        return not (self._over or self._replies or self._lines or self._buffer or self._transport.is_closing())

    async def introduce(self, sender: str, recipient: str, *, utf8: bool, seconds: float) -> None:
        """The server expects the mail. Whatever is raised, the connection is to be closed.

        Raises:
            SMTPResponseException: the server does not want it.
            SMTPServerDisconnected: the connection is over.
            TimeoutError: no reply in so many seconds.
            ValueError: an address would end its command.
        """
        options = b" SMTPUTF8" if utf8 else b""
        commands = [
            _Command(b"MAIL FROM:<" + sender.encode() + b">" + options, (250,)),
            _Command(b"RCPT TO:<" + recipient.encode() + b">", (250, 251)),
            _Command(b"DATA", (354,)),
        ]
        if any(_CONTROL.search(command.words) for command in commands):
            raise ValueError("an address has a control character in it")
        async with asyncio.timeout(seconds):
            for group in [commands] if self._in_groups else [[command] for command in commands]:
                self._write(b"".join(command.words + b"\r\n" for command in group))
                for command in group:
                    reply = await self._reply()
                    if reply.code not in command.welcome:
                        raise SMTPResponseException(reply.code, reply.text)

    async def finish(self, mail: bytes, *, seconds: float) -> Reply:
        """What the server answered to the mail that it expects.

        Args:
            mail: octets whose lines all end in CRLF.
            seconds: that its answer is waited for.

        Raises:
            SMTPServerDisconnected: the connection is over; it may have the mail.
            TimeoutError: it may have the mail, too.
        """
        stuffed = mail.replace(b"\r\n.", b"\r\n..")
        self._write((b"." if mail.startswith(b".") else b"") + stuffed + b".\r\n")
        async with asyncio.timeout(seconds):
            return await self._reply()

    def _write(self, octets: bytes) -> None:
        if self._over or self._transport.is_closing():
            raise SMTPServerDisconnected(self._over or "the connection is closed")
        self._transport.write(octets)

    async def _reply(self) -> Reply:
        while not self._replies:
            if self._over:
                raise SMTPServerDisconnected(self._over)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._replies.popleft()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            self._take(line.rstrip(b"\r"))
        if len(rest) + sum(map(len, self._lines)) > REPLY_BYTES:
            self._end("its reply has no end")
        self._wake()

    def _take(self, line: bytes) -> None:
        if _REPLY_LINE.fullmatch(line) is None:
            self._end("what it says is no reply")
            return
        self._lines.append(line[4:].strip())
        if line[3:4] != b"-":
            text = b"\n".join(self._lines).decode("utf-8", "replace")
            self._lines.clear()
            self._replies.append(Reply(int(line[:3]), text))

    def eof_received(self) -> bool:
        self._end("the server closed the connection")
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._end(f"the connection was lost: {type(error).__name__}" if error else "the connection is closed")

    def _end(self, reason: str) -> None:
        self._over = self._over or reason
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
