"""The SMTP door: it answers 250 only when the octets are on the log.

Invariants:
- What is answered with 250 is on the log, as it came, under `acks=all`; anything else is answered 4xx or 5xx, so the
  sender keeps it (RFC 5321 §6.1).
- The door reads no more of a mail than the first 64 KiB, for a key; parsing comes later.
"""

import json
import shutil
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as SmtpEnvelope

from services.intake.domain.fingerprint import conversation_key, header_values, split_head
from services.intake.settings import IntakeSettings
from shared.blobs import Blobs
from shared.clock import Clock
from shared.contracts.envelope import Envelope
from shared.contracts.intake import RAW_TYPE
from shared.crashpoint import crashpoint
from shared.errors import TransientError
from shared.ids import new_id
from shared.messaging.direct import DirectProducer
from shared.observability.metrics import DOOR

_log = structlog.get_logger()

IN_RECORD_BYTES = 512 * 1024
MAILS_A_MINUTE = 60
HOPS = 100
PRODUCE_SECONDS = 3.0
TRY_LATER = "451 4.3.0 We cannot store this just now; please try again later"
NO_SPACE = "452 4.3.1 Not enough storage just now; please try again later"
SLOW_DOWN = "451 4.7.1 Too many mails from this sender; please try again in a minute"


class SmtpDoor(SMTP):
    """aiosmtpd, which otherwise refuses lines over 1,000 bytes; one real mail in 25 has them."""

    line_length_limit = 1_000_000


@dataclass
class Pace:
    """How many mails each sender sent in the last minute."""

    sent: dict[str, deque[float]]

    def allows(self, sender: str) -> bool:
        if not sender:
            return True
        now, times = time.monotonic(), self.sent[sender.lower()]
        while times and now - times[0] > 60:
            times.popleft()
        if len(times) >= MAILS_A_MINUTE:
            return False
        times.append(now)
        if len(self.sent) > 100_000:
            self.sent.clear()
        return True


class DoorHandler:
    """What the door does with RCPT and DATA."""

    def __init__(
        self,
        settings: IntakeSettings,
        producer: DirectProducer,
        blobs: Blobs,
        clock: Clock,
        domains: Callable[[], set[str]],
    ) -> None:
        self._settings = settings
        self._producer = producer
        self._blobs = blobs
        self._clock = clock
        self._domains = domains
        self._pace = Pace(defaultdict(deque))
        parts = urlsplit(settings.blob_url)
        self._disk = parts.path if parts.scheme == "file" else None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if not self._pace.allows(address):
            DOOR.labels("smtp", "deferred").inc()
            return SLOW_DOWN
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2].lower().rstrip(".")
        if domain not in self._domains():
            DOOR.labels("smtp", "refused").inc()
            return "550 5.7.1 We do not take mail for that domain"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: SmtpEnvelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        head, _ = split_head(raw[:65_536])
        if len(header_values(head, b"Received")) > HOPS:
            return "554 5.4.6 Too many hops: the mail goes round in circles"
        if self._disk is not None and shutil.disk_usage(self._disk).free < self._settings.intake_disk_reserve_bytes:
            return NO_SPACE
        try:
            receipt = await self._store(raw, envelope)
        except (TransientError, OSError) as error:
            _log.warning("mail_deferred", reason=str(error)[:200])
            DOOR.labels("smtp", "deferred").inc()
            return TRY_LATER
        crashpoint("door.before_answer")
        DOOR.labels("smtp", "accepted").inc()
        return f"250 2.0.0 OK {receipt}"

    async def _store(self, raw: bytes, smtp: SmtpEnvelope) -> str:
        """The octets are on the log; returns the receipt."""
        crashpoint("door.before_store")
        receipt, now = new_id(), self._clock()
        blob = await self._blobs.put(receipt, raw) if len(raw) > IN_RECORD_BYTES else ""
        envelope = Envelope(
            id=receipt,
            type=RAW_TYPE,
            source="/deskstream/intake",
            time=now,
            subject=f"receipt:{receipt}",
            correlationid=receipt,
            actor="system:intake",
            accepted_at=now,
        )
        headers = (
            *envelope.to_headers(),
            ("ds_door", b"smtp"),
            ("ds_mail_from", (smtp.mail_from or "").encode("utf-8", "replace")),
            ("ds_rcpt_to", json.dumps(smtp.rcpt_tos).encode()),
            ("ds_size", str(len(raw)).encode()),
            ("ds_sha256", sha256(raw).hexdigest().encode()),
            ("ds_blob_key", blob.encode()),
        )
        value = b"" if blob else raw
        await self._producer.produce("intake-raw", conversation_key(raw), value, headers, PRODUCE_SECONDS)
        crashpoint("door.after_store")
        return str(receipt)
