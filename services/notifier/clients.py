"""The mail server that takes our mail: one connection a sender, kept while it works.

Invariant: what a server may have taken is never called a failure: an answer lost after the final dot is *unknown*.
"""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib

from shared.crashpoint import crashpoint


@dataclass(frozen=True)
class Answer:
    """What the mail server made of a mail."""

    outcome: Literal["sent", "deferred", "refused", "unknown"]
    code: int | None = None
    detail: str = ""


class MailServer:
    """One connection to the server of ``SMTP_URL``; made anew when it breaks."""

    def __init__(self, url: str, timeout_seconds: float = 60) -> None:
        self._url = urlsplit(url)
        self._timeout = timeout_seconds
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, sender: str, recipient: str, mail: EmailMessage) -> Answer:
        """Hand over one mail to one recipient."""
        try:
            client = await self._connected()
            await client.mail(sender)
            await client.rcpt(recipient)
        except aiosmtplib.SMTPResponseException as error:
            await self.close()
            return _answered(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            await self.close()
            return Answer("deferred", None, f"the mail server cannot be reached: {type(error).__name__}")
        return await self._data(client, mail)

    async def _data(self, client: aiosmtplib.SMTP, mail: EmailMessage) -> Answer:
        try:
            crashpoint("sender.before_data")
            code, text = await client.data(mail.as_bytes())
        except aiosmtplib.SMTPResponseException as error:
            await self.close()
            return _answered(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            await self.close()
            return Answer("unknown", None, f"its answer was lost: {type(error).__name__}")
        crashpoint("sender.after_data")
        return Answer("sent", code, text[:200])

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            client = aiosmtplib.SMTP(
                hostname=self._url.hostname,
                port=self._url.port or (465 if self._url.scheme == "smtps" else 25),
                use_tls=self._url.scheme == "smtps",
                timeout=self._timeout,
                username=unquote(self._url.username) if self._url.username else None,
                password=unquote(self._url.password) if self._url.password else None,
                start_tls=None if self._url.username else False,
            )
            await client.connect()
            self._client = client
        return self._client

    async def close(self) -> None:
        """Let go of the connection."""
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _answered(code: int, text: str) -> Answer:
    """4xx is for later, 5xx is for good (RFC 5321 §4.2.1)."""
    return Answer("refused" if 500 <= code < 600 else "deferred", code, text[:300])
