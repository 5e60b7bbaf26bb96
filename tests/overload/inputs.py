"""Mails that a part gives itself, entered in the history like those of the load, so that the checker knows them."""

import time
from email.message import EmailMessage
from email.utils import make_msgid
from hashlib import sha256

from tests.chaos.doors import Place, octets, send_mail
from tests.chaos.history import Kind, Told, Try, new_marker
from tests.chaos.session import Session


def mail_of(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """A plain mail of one person."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 09:12:00 +0000"
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message.set_content(text)
    return message


class Letter:
    """One mail, given once or more often; the same octets each time."""

    def __init__(self, now: Session, sender: str, extra: str = "", *, attachment: bytes = b"") -> None:
        self._now = now
        self.op = new_marker(now.load.rng)
        self.sender = sender
        self.to = f"support@{now.load.entrance.mail_domain}"
        message = mail_of(sender, self.to, f"Question {self.op}", f"{self.op} {extra}\n")
        if attachment:
            message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename="dump.bin")
        self.raw = octets(message)
        facts = {"sender": sender, "to": self.to, "mailbox": self.to, "begun_by": self.op}
        now.load.history.begin(self.op, Kind.MAIL, {**facts, "sha256": sha256(self.raw).hexdigest()})

    async def send(self, place: Place | None = None) -> Told:
        """One try, and what its sender was told."""
        door, begun_at = place or self._now.load.entrance.smtp[0], time.time()
        told = await send_mail(door, self.sender, self.to, self.raw)
        self.tried(begun_at, told, door)
        return told

    def tried(self, begun_at: float, told: Told, door: Place) -> None:
        """A try is in the history."""
        each = Try(begun_at, time.time(), told.outcome, told.code, told.detail, door.link)
        self._now.load.history.tried(self.op, each)


def percentile(seconds: list[float], part: float) -> float:
    """The value that so large a part of the values does not exceed; 0 where there are none."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0
