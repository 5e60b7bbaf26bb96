"""The caught mails: bytes as they came in `<number>.eml`, the SMTP envelope beside in `<number>.json`.

A mail is in the list only after both files are on disk; numbers grow and are never used twice.
"""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Caught:
    """One mail's SMTP envelope."""

    number: int
    received_at: str
    mail_from: str
    rcpt_tos: tuple[str, ...]
    size_bytes: int


class MailStore:
    """All mails of one folder, oldest first in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._mails = {mail.number: mail for mail in map(read_envelope, sorted(folder.glob("*.json")))}
        self._last = max([*self._mails, 0])
        self._changed = asyncio.Condition()
        self._version = 0

    async def add(self, mail_from: str, rcpt_tos: list[str], raw: bytes) -> Caught:
        """The mail is on disk and in the list; those who follow are told."""
        self._last += 1
        mail = Caught(self._last, datetime.now(UTC).isoformat(), mail_from, tuple(rcpt_tos), len(raw))
        await asyncio.to_thread(self._write, mail, raw)
        self._mails[mail.number] = mail
        await self._tell()
        return mail

    def newest_first(self, recipient: str | None = None, after: int = 0) -> list[Caught]:
        """The mails beyond number `after`, to `recipient` where one is given."""
        wanted = recipient.lower() if recipient else None
        return [
            mail
            for mail in sorted(self._mails.values(), key=lambda each: -each.number)
            if mail.number > after and (wanted is None or wanted in (each.lower() for each in mail.rcpt_tos))
        ]

    def find(self, number: int) -> Caught | None:
        """The envelope of one mail."""
        return self._mails.get(number)

    def raw(self, mail: Caught) -> bytes:
        """The mail as it came."""
        return self._file(mail.number, "eml").read_bytes()

    async def forget_all(self) -> None:
        """No mail is left; numbers go on."""
        for number in list(self._mails):
            del self._mails[number]
            for suffix in ("json", "eml"):
                self._file(number, suffix).unlink(missing_ok=True)
        await self._tell()

    async def changes(self, patience_seconds: float) -> AsyncGenerator[bool, None]:
        """True after each change of the list, False when nothing happened for a while."""
        seen = self._version
        while True:
            try:
                async with asyncio.timeout(patience_seconds), self._changed:
                    while self._version == seen:
                        await self._changed.wait()
            except TimeoutError:
                yield False
            else:
                seen = self._version
                yield True

    async def _tell(self) -> None:
        async with self._changed:
            self._version += 1
            self._changed.notify_all()

    def _write(self, mail: Caught, raw: bytes) -> None:
        self._file(mail.number, "eml").write_bytes(raw)
        part = self._file(mail.number, "part")
        with part.open("w") as file:
            json.dump(asdict(mail), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._file(mail.number, "json"))

    def _file(self, number: int, suffix: str) -> Path:
        return self.folder / f"{number:08d}.{suffix}"


def read_envelope(path: Path) -> Caught:
    """An envelope as `MailStore` wrote it."""
    values = json.loads(path.read_text())
    return Caught(**{**values, "rcpt_tos": tuple(values["rcpt_tos"])})
