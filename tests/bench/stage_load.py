"""Received mails as intake publishes them: each its own request, by a customer whom the desk may know already."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from shared.contracts.envelope import Envelope, Headers
from shared.contracts.intake import MessageReceived
from shared.contracts.state import Address

_RUN = UUID("5a0f1d5e-9b1c-4f7e-8a25-6d3c0b1e7f10")
_TEXT = (
    "the router in the shop stops after an hour and the lamp turns red we have changed the cable and the power supply "
    "já reiniciámos duas vezes y sigue igual desde ayer por la tarde please send somebody before the weekend"
)
WORDS = _TEXT.split()
CUSTOMERS = 400
COMPANIES = 40


@dataclass(frozen=True)
class Load:
    """One record of intake-messages."""

    receipt_id: UUID
    key: bytes
    value: bytes
    headers: Headers


def received(count: int, seed: int) -> Iterator[Load]:
    """So many mails of about 2 kB; the same seed gives the same mails."""
    dice = random.Random(seed)  # noqa: S311 - variety, not secrecy
    now = datetime.now(UTC)
    for number in range(count):
        receipt = uuid5(_RUN, f"{seed}:{number}")
        customer = dice.randrange(CUSTOMERS)
        sender = Address(address=f"c{customer}@company{customer % COMPANIES}.example", name=f"Customer {customer}")
        text = " ".join(dice.choices(WORDS, k=180))
        message = MessageReceived(
            receipt_id=receipt,
            channel="mail",
            dedupe_key=receipt.hex,
            mailboxes=("support",),
            message_id=f"{receipt.hex}@company{customer % COMPANIES}.example",
            sender=sender,
            subject=" ".join(dice.choices(WORDS, k=6)),
            text=text,
            raw_blob=f"{receipt}/{receipt.hex * 2}",
            authentication={"spf": "pass", "dkim": "pass", "dmarc": "pass"},
            checked=True,
            accepted_at=now,
        )
        envelope = Envelope(
            id=receipt,
            type=MessageReceived.ce_type,
            source="/deskstream/intake",
            time=now,
            subject=f"receipt:{receipt}",
            correlationid=receipt,
            actor="system:intake",
            traceparent=f"00-{receipt.hex}-{receipt.hex[16:]}-01",
            accepted_at=now,
        )
        yield Load(
            receipt, (message.message_id or "").encode(), message.model_dump_json().encode(), envelope.to_headers()
        )
