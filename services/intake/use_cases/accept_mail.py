"""Put a mail on the log, as it came.

Rules:
- The octets are on the log under ``acks=all``, or in the blob store with the log's record pointing at them, before
  anybody is told yes; nothing is added to them.
- The receipt minted here is the correlation id of all that follows.
- The key keeps a conversation together; it is found by a bounded scan, never by parsing.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from services.intake.domain.fingerprint import SCANNED_BYTES, conversation_key
from shared.contracts.envelope import Envelope, Headers
from shared.contracts.intake import RAW_TYPE
from shared.crashpoint import crashpoint
from shared.ids import new_id

#: What a record holds itself; more goes to the blob store first.
IN_RECORD_BYTES = 512 * 1024
PRODUCE_SECONDS = 3.0


class Log(Protocol):
    """The log, as a door needs it."""

    async def produce(
        self, topic: str, key: str, value: bytes, headers: Headers, timeout_seconds: float = PRODUCE_SECONDS
    ) -> None:
        """The record is on the log; raises `TransientError` when it may not be."""


class BlobStore(Protocol):
    """The blob store, as intake needs it."""

    async def put(self, owner: UUID, content: bytes) -> str:
        """The content is stored; returns its key; raises `TransientError` when it may not be."""

    async def get(self, key: str) -> bytes:
        """The content; raises `BlobMissingError`, or `TransientError`."""


@dataclass(frozen=True)
class Delivery:
    """A mail as a door got it: which door, the SMTP envelope ("" is the null sender), the octets."""

    door: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    content: bytes


async def accept_mail(log: Log, blobs: BlobStore, delivery: Delivery, now: datetime) -> UUID:
    """The mail is on the log; returns its receipt.

    Raises:
        TransientError: it may not be; whoever brought it must keep it and try again.
    """
    receipt, content = new_id(), delivery.content
    crashpoint("door.before_store")
    blob_key = ""
    if len(content) > IN_RECORD_BYTES:
        blob_key = await blobs.put(receipt, content)
        crashpoint("door.after_blob")
    value = b"" if blob_key else content
    key = conversation_key(content[:SCANNED_BYTES])
    await log.produce("intake-raw", key, value, _headers(receipt, delivery, blob_key, now))
    crashpoint("door.after_store")
    return receipt


def _headers(receipt: UUID, delivery: Delivery, blob_key: str, now: datetime) -> Headers:
    envelope = Envelope(
        id=receipt,
        type=RAW_TYPE,
        source="/deskstream/intake",
        time=now,
        subject=f"receipt:{receipt}",
        correlationid=receipt,
        actor="system:intake",
        traceparent=f"00-{receipt.hex}-{receipt.hex[16:]}-01",
        accepted_at=now,
    )
    return (
        *(header for header in envelope.to_headers() if header[0] != "content-type"),
        ("content-type", b"message/rfc822"),
        ("ds_door", delivery.door.encode()),
        ("ds_mail_from", delivery.mail_from.encode("utf-8", "surrogateescape")),
        ("ds_rcpt_to", json.dumps(delivery.rcpt_to).encode()),
        ("ds_size", str(len(delivery.content)).encode()),
        ("ds_sha256", sha256(delivery.content).hexdigest().encode()),
        ("ds_blob_key", blob_key.encode()),
    )
