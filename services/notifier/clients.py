"""Doors out: the mail server that takes our mail, one connection a sender; the store that has the files.

Invariant: what a server may have taken is never called a failure: an answer lost after the final dot is *unknown*.
"""

import asyncio
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from services.notifier.clients_smtp import Talk
from shared.blobs import BlobMissingError, Blobs
from shared.crashpoint import crashpoint

_log = structlog.get_logger()

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 60.0
#: The server closes the connection (RFC 5321 §4.2.3): it says nothing about this mail.
_CLOSING = 421
_TAKEN = 250
_AWAY = (aiosmtplib.SMTPException, OSError, TimeoutError)


@dataclass(frozen=True)
class Answer:
    """What the mail server made of a mail; `server_away` where the mail itself is not what it would not take."""

    outcome: Literal["sent", "deferred", "refused", "unknown"]
    code: int | None = None
    detail: str = ""
    server_away: bool = False


class BlobFiles:
    """Attachments and long bodies, from the blob store."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def read(self, key: str) -> bytes | None:
        """The bytes under a key; none where they are gone, which is for operators to know.

        Raises:
            TransientError: the store does not answer now.
        """
        try:
            return await self._blobs.get(key)
        except BlobMissingError:
            _log.error("blob_missing", blob=key)
            return None


class MailServer:
    """One connection to the server of ``SMTP_URL``; made anew when it breaks."""

    def __init__(self, url: str, name: str, answer_seconds: float) -> None:
        self._url = urlsplit(url)
        self._name = name
        self._answer_seconds = answer_seconds
        self._client: aiosmtplib.SMTP | None = None
        self._talk: Talk | None = None

    async def send(self, sender: str, recipient: str, mail: bytes) -> Answer:
        """Hand over one mail, as octets, to one recipient."""
        found = await self._introduced(sender, recipient)
        if isinstance(found, Answer):
            return found
        try:
            crashpoint("sender.before_data")
            reply = await found.finish(mail, seconds=self._answer_seconds)
        except _AWAY as error:
            self.close()
            return Answer("unknown", None, f"its answer was lost: {type(error).__name__}")
        if reply.code != _TAKEN:
            self.close()
            return _answered(reply.code, reply.text)
        crashpoint("sender.after_data")
        return Answer("sent", reply.code, reply.text[:200])

    async def answers(self) -> bool:
        """Is the server there: does it greet us."""
        self.close()
        try:
            await self._connected()
        except _AWAY:
            self.close()
            return False
        return True

    def close(self) -> None:
        """Let go of the connection."""
        client, self._client, self._talk = self._client, None, None
        if client is not None:
            client.close()

    async def _introduced(self, sender: str, recipient: str) -> Talk | Answer:
        """A connection on which the server expects the mail, or why it does not want it.

        A connection that was kept may have been closed meanwhile: then a new one is tried once.
        """
        kept = self._talk is not None and self._talk.is_fresh
        try:
            client, talk = await self._connected()
            await talk.introduce(sender, recipient, utf8=_needs_utf8(client, recipient), seconds=COMMAND_SECONDS)
        except aiosmtplib.SMTPResponseException as error:
            self.close()
            if kept and error.code == _CLOSING:
                return await self._introduced(sender, recipient)
            return _answered(error.code, error.message)
        except aiosmtplib.SMTPNotSupported:
            return Answer("refused", None, "the mail server takes no addresses in other letters (SMTPUTF8)")
        except _AWAY as error:
            self.close()
            if kept:
                return await self._introduced(sender, recipient)
            detail = f"the mail server cannot be reached: {type(error).__name__}"
            return Answer("deferred", None, detail, server_away=True)
        return talk

    async def _connected(self) -> tuple[aiosmtplib.SMTP, Talk]:
        if self._client is not None and self._talk is not None and self._talk.is_fresh:
            return self._client, self._talk
        self.close()
        client = aiosmtplib.SMTP(
            hostname=self._url.hostname,
            port=self._url.port or (465 if self._url.scheme == "smtps" else 25),
            local_hostname=self._name,
            use_tls=self._url.scheme == "smtps",
            timeout=COMMAND_SECONDS,
            username=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            start_tls=None if self._url.username else False,
        )
        self._client = client
        await client.connect(timeout=CONNECT_SECONDS)
        await client.ehlo()
        if client.transport is None:
            raise aiosmtplib.SMTPServerDisconnected("the server closed the connection after its greeting")
        transport = cast(asyncio.Transport, client.transport)
        self._talk = Talk(transport, in_groups=client.supports_extension("pipelining"))
        return client, self._talk


def _needs_utf8(client: aiosmtplib.SMTP, recipient: str) -> bool:
    """Whether an address is in other letters (RFC 6531); raises `SMTPNotSupported` where the server takes none."""
    if recipient.isascii():
        return False
    if not client.supports_extension("smtputf8"):
        raise aiosmtplib.SMTPNotSupported("SMTPUTF8")
    return True


def _answered(code: int, text: str) -> Answer:
    """4xx is for later, 5xx is for good (RFC 5321 §4.2.1)."""
    refused = 500 <= code < 600
    return Answer("refused" if refused else "deferred", code, text[:300], code == _CLOSING)
