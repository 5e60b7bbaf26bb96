"""Doors out: the mail server that takes our mail, one connection a sender; the store that has the files.

Invariant: what a server may have taken is never called a failure: an answer lost after the final dot is *unknown*.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from shared.blobs import BlobMissingError, Blobs
from shared.crashpoint import crashpoint

_log = structlog.get_logger()

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 60.0
#: The server closes the connection (RFC 5321 §4.2.3): it says nothing about this mail.
_CLOSING = 421
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

    async def send(self, sender: str, recipient: str, mail: bytes) -> Answer:
        """Hand over one mail, as octets, to one recipient."""
        found = await self._envelope(sender, recipient)
        if isinstance(found, Answer):
            return found
        try:
            crashpoint("sender.before_data")
            code, text = await found.data(mail, timeout=self._answer_seconds)
        except aiosmtplib.SMTPResponseException as error:
            self.close()
            return _answered(error.code, error.message)
        except _AWAY as error:
            self.close()
            return Answer("unknown", None, f"its answer was lost: {type(error).__name__}")
        crashpoint("sender.after_data")
        return Answer("sent", code, text[:200])

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
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _envelope(self, sender: str, recipient: str) -> aiosmtplib.SMTP | Answer:
        """A connection that expects the mail, or why the server does not want it.

        A connection that was kept may have been closed meanwhile: then a new one is tried once.
        """
        kept = self._client is not None
        try:
            client = await self._connected()
            await self._introduce(client, sender, recipient)
        except aiosmtplib.SMTPResponseException as error:
            self.close()
            if kept and error.code == _CLOSING:
                return await self._envelope(sender, recipient)
            return _answered(error.code, error.message)
        except aiosmtplib.SMTPNotSupported:
            return Answer("refused", None, "the mail server takes no addresses in other letters (SMTPUTF8)")
        except _AWAY as error:
            self.close()
            if kept:
                return await self._envelope(sender, recipient)
            detail = f"the mail server cannot be reached: {type(error).__name__}"
            return Answer("deferred", None, detail, server_away=True)
        return client

    @staticmethod
    async def _introduce(client: aiosmtplib.SMTP, sender: str, recipient: str) -> None:
        if recipient.isascii():
            await client.mail(sender)
            await client.rcpt(recipient)
            return
        if not client.supports_extension("smtputf8"):
            raise aiosmtplib.SMTPNotSupported("SMTPUTF8")
        await client.mail(sender, options=["SMTPUTF8"], encoding="utf-8")
        await client.rcpt(recipient, encoding="utf-8")

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
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
        return self._client


def _answered(code: int, text: str) -> Answer:
    """4xx is for later, 5xx is for good (RFC 5321 §4.2.1)."""
    refused = 500 <= code < 600
    return Answer("refused" if refused else "deferred", code, text[:300], code == _CLOSING)
