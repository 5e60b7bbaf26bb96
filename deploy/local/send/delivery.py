"""Delivers mails over a few connections, at a rate, and keeps what became of each.

A mail whose connection broke after its bytes went out is *unknown*: the server may have it. It is not sent again
here; who wants that reads the evidence.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import aiosmtplib

from deploy.local.send.mails import Mail

TIMEOUT_SECONDS = 60.0
MAILS_PER_CONNECTION = 100


class Outcome(StrEnum):
    """What the server said, or that it said nothing."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Attempt:
    """One mail's delivery; its fields are the evidence line."""

    id: str
    hash: str
    outcome: Outcome
    time: str
    seconds: float
    file: str
    answer: str


class Evidence:
    """A line of JSON for each mail, on disk before the next one counts."""

    def __init__(self, path: Path | None) -> None:
        self._file: TextIO | None = path.open("a") if path else None

    def add(self, attempt: Attempt) -> None:
        """The line is on disk."""
        if self._file is not None:
            self._file.write(json.dumps(asdict(attempt)) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Nothing more is written."""
        if self._file is not None:
            self._file.close()


class Pace:
    """Lets one mail go every 1/rate seconds, whichever connection it takes."""

    def __init__(self, per_second: float | None) -> None:
        self._gap = 1.0 / per_second if per_second else 0.0
        self._next = time.monotonic()

    async def wait(self) -> None:
        """It is this mail's turn."""
        if self._gap:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._gap
            await asyncio.sleep(turn - time.monotonic())


class Connection:
    """One SMTP connection, made when it is needed, made anew after it broke."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._client: aiosmtplib.SMTP | None = None
        self._used = 0

    async def deliver(self, mail: Mail) -> tuple[Outcome, str]:
        """What the server answered to this mail."""
        given = False
        try:
            client = await self._connected()
            options = ["BODY=8BITMIME"] if client.supports_extension("8bitmime") and not mail.content.isascii() else []
            await client.mail(mail.sender, options=options)
            for recipient in mail.recipients:
                await client.rcpt(recipient)
            given = True
            answer = await client.data(mail.content)
        except aiosmtplib.SMTPResponseException as error:
            await self._recover()
            return outcome_of(error.code), f"{error.code} {error.message}"
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            await self.close()
            return (Outcome.UNKNOWN if given else Outcome.DEFERRED), f"{type(error).__name__}: {error}"
        self._used += 1
        if self._used >= MAILS_PER_CONNECTION:
            await self.close()
        return outcome_of(answer.code), f"{answer.code} {answer.message}"

    async def close(self) -> None:
        """The connection is gone, whatever state it was in."""
        client, self._client, self._used = self._client, None, 0
        if client is not None:
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            self._client = aiosmtplib.SMTP(
                hostname=self._host, port=self._port, timeout=TIMEOUT_SECONDS, start_tls=False, use_tls=False
            )
            await self._client.connect()
            await self._client.ehlo()
        return self._client

    async def _recover(self) -> None:
        """After a refusal the next mail starts afresh, on the same connection where it still works."""
        try:
            if self._client is not None:
                await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            await self.close()


def outcome_of(code: int) -> Outcome:
    """What an SMTP reply code means for the mail (RFC 5321 §4.2.1)."""
    if 200 <= code < 300:
        return Outcome.ACCEPTED
    return Outcome.DEFERRED if 400 <= code < 500 else Outcome.REFUSED


async def deliver_all(
    mails: Iterator[Mail],
    door: tuple[str, int],
    *,
    rate: float | None,
    concurrency: int,
    evidence: Evidence,
    on_done: Callable[[Attempt], None],
) -> None:
    """Every mail was offered once.

    Args:
        mails: Read as they are needed.
        door: Host and port.
        rate: Mails a second at most; None: as fast as they are taken.
        concurrency: Connections at a time.
        evidence: Told of each mail before `on_done`.
        on_done: Told of each mail.
    """
    pace = Pace(rate)

    async def worker() -> None:
        connection = Connection(*door)
        try:
            for mail in mails:
                await pace.wait()
                began = time.monotonic()
                outcome, answer = await connection.deliver(mail)
                seconds = round(time.monotonic() - began, 4)
                now = datetime.now(UTC).isoformat()
                name = mail.message_id or mail.sha256
                attempt = Attempt(name, mail.sha256, outcome, now, seconds, mail.name, answer)
                evidence.add(attempt)
                on_done(attempt)
        finally:
            await connection.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(worker())
