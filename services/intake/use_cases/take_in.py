"""Enter what came in into the ledger and say what it is.

Rules:
- A receipt ends as accepted, duplicate, also received, quarantined, or bounce: every one, exactly once.
- The first to claim a message's key brings it; another copy is a duplicate, or *also received* by another mailbox.
- What cannot be read goes to the quarantine with its bytes; nothing is thrown away.
- Ids derive from the receipt: a replay, before or after a repair, says the same message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, cast
from uuid import UUID

from pydantic import BaseModel

from services.intake.domain.facts import Arrival, Desk, Reading, Stored, facts_of, key_of
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.intake import (
    BounceReceived,
    FormSubmitted,
    MessageAlsoReceived,
    MessageReceived,
    QuarantineChanged,
    ReceiptRecorded,
    RequestPageAnswered,
)
from shared.contracts.state import (
    Address,
    FormState,
    QuarantineState,
    ReceiptOutcome,
    ReceiptState,
    Snapshot,
)


class ReadMail(BaseModel):
    """A raw record, read: what `prepare` puts in its place."""

    model_config = {"arbitrary_types_allowed": True, "frozen": True}

    arrival: Arrival
    mail: ParsedMail | Unreadable
    stored: Stored
    head: str = ""


@dataclass(frozen=True)
class Known:
    """A message of the ledger: who brought it, through which mailboxes it came."""

    receipt_id: UUID
    mailboxes: tuple[str, ...]


class Ledger(Protocol):
    """The ledger's rows, as this use case needs them."""

    async def claim(self, messages: Sequence[MessageReceived]) -> dict[str, Known]:
        """Each key with who brought it first, ourselves included."""

    async def reused_ids(self, messages: Sequence[MessageReceived]) -> set[str]:
        """Message-IDs that came before with other content."""

    async def add_mailbox(self, key: str, mailbox: str) -> None:
        """The message came through this mailbox too."""


@dataclass
class Said:
    """What the batch says and keeps: messages by cause, receipts, quarantine rows."""

    messages: list[tuple[Envelope, Message, str, str]] = field(default_factory=list)
    snapshots: list[tuple[Envelope, Snapshot]] = field(default_factory=list)
    receipts: list[ReceiptState] = field(default_factory=list)
    quarantined: list[tuple[QuarantineState, Arrival]] = field(default_factory=list)

    def say(self, cause: Envelope, body: Message, key: str, purpose: str) -> None:
        self.messages.append((cause, body, key, purpose))


@dataclass(frozen=True)
class Came:
    """One thing that came in, with its envelope."""

    envelope: Envelope
    body: BaseModel


async def take_in(
    ledger: Ledger, desk: Desk, forms: dict[str, FormState], batch: Sequence[Came], now: datetime
) -> Said:
    """Every arrival of the batch is entered and said."""
    said = Said()
    readings = [(came, _reading(desk, forms, came.body)) for came in batch]
    messages = [reading for _, reading in readings if isinstance(reading, MessageReceived)]
    known = await ledger.claim(messages)
    reused = await ledger.reused_ids(messages)
    for came, reading in readings:
        if isinstance(reading, MessageReceived):
            await _message(ledger, said, came, _flagged(reading, reused), known, now)
        elif isinstance(reading, BounceReceived):
            said.say(came.envelope, reading, str(reading.receipt_id), "bounce")
            _receipt(said, came, "bounce", now, reason=reading.recipients[0].reason)
        else:
            quarantine(said, came, reading, now)
    return said


def _reading(desk: Desk, forms: dict[str, FormState], body: BaseModel) -> Reading:
    if isinstance(body, FormSubmitted):
        return _from_form(forms, body)
    if isinstance(body, RequestPageAnswered):
        return MessageReceived(
            receipt_id=body.receipt_id,
            channel="portal",
            dedupe_key=str(body.receipt_id),
            item_id=body.item_id,
            person_id=body.person_id,
            sender=Address(address=""),
            text=body.text,
            attachments=body.attachments,
            accepted_at=body.accepted_at,
        )
    read = cast(ReadMail, body)
    if isinstance(read.mail, Unreadable):
        return read.mail
    return facts_of(desk, read.arrival, read.mail, read.stored)


def _from_form(forms: dict[str, FormState], body: FormSubmitted) -> MessageReceived:
    form = forms.get(body.form)
    return MessageReceived(
        receipt_id=body.receipt_id,
        channel="portal",
        dedupe_key=str(body.receipt_id),
        form=body.form,
        mailboxes=(form.mailbox,) if form else (),
        sender=Address(address=body.address, name=body.name),
        subject=body.title,
        text=body.text,
        fields=body.values,
        attachments=body.attachments,
        language=body.language,
        accepted_at=body.accepted_at,
    )


def _flagged(message: MessageReceived, reused: set[str]) -> MessageReceived:
    if message.message_id not in reused:
        return message
    return message.model_copy(update={"flags": (*message.flags, "reused_message_id")})


async def _message(
    ledger: Ledger, said: Said, came: Came, message: MessageReceived, known: dict[str, Known], now: datetime
) -> None:
    first = known[message.dedupe_key]
    key = _conversation(message)
    if first.receipt_id == message.receipt_id:
        said.say(came.envelope, message, key, "message")
        _receipt(said, came, "accepted", now, message=message)
        return
    new = [mailbox for mailbox in message.mailboxes if mailbox not in first.mailboxes]
    for mailbox in new:
        await ledger.add_mailbox(message.dedupe_key, mailbox)
        also = MessageAlsoReceived(
            receipt_id=message.receipt_id,
            original_receipt_id=first.receipt_id,
            mailbox=mailbox,
            accepted_at=message.accepted_at,
        )
        said.say(came.envelope, also, key, f"also:{mailbox}")
    known[message.dedupe_key] = Known(first.receipt_id, (*first.mailboxes, *new))
    outcome: ReceiptOutcome = "also_received" if new else "duplicate"
    _receipt(said, came, outcome, now, message=message, duplicate_of=first.receipt_id)


def quarantine(said: Said, came: Came, fault: Unreadable, now: datetime) -> None:
    """Keep what cannot be read, with its bytes, where staff see it."""
    read = cast(ReadMail, came.body)
    mail = read.mail if isinstance(read.mail, ParsedMail) else None
    arrival = read.arrival
    state = QuarantineState(
        version=1,
        id=arrival.receipt_id,
        status="open",
        error_code=fault.code,
        error=fault.reason,
        sender=mail.sender.address if mail and mail.sender else arrival.mail_from,
        recipients=arrival.rcpt_to,
        subject=mail.subject if mail else "",
        message_id=mail.message_id if mail else None,
        raw_blob=arrival.raw_blob,
        size_bytes=arrival.size_bytes,
        head=read.head,
        accepted_at=arrival.accepted_at,
    )
    said.quarantined.append((state, arrival))
    said.say(came.envelope, QuarantineChanged(quarantine=state), str(state.id), "quarantine")
    said.snapshots.append((came.envelope, state))
    _receipt(said, came, "quarantined", now, reason=f"{fault.code}: {fault.reason}")


def _conversation(message: MessageReceived) -> str:
    """The key that keeps a conversation together: the first reference, else its own id."""
    if message.item_id is not None:
        return str(message.item_id)
    return (message.thread_ids[-1] if message.thread_ids else message.message_id or str(message.receipt_id))[:200]


def _receipt(
    said: Said,
    came: Came,
    outcome: ReceiptOutcome,
    now: datetime,
    *,
    message: MessageReceived | None = None,
    duplicate_of: UUID | None = None,
    reason: str = "",
) -> None:
    state = _row(came, outcome, now, message).model_copy(update={"duplicate_of": duplicate_of, "reason": reason[:500]})
    said.receipts.append(state)
    said.say(came.envelope, ReceiptRecorded(receipt=state), str(state.id), f"receipt:{outcome}")
    said.snapshots.append((came.envelope, state))


Door = Literal["smtp", "lmtp", "portal", "request_page"]


def _row(came: Came, outcome: ReceiptOutcome, now: datetime, message: MessageReceived | None) -> ReceiptState:
    body = came.body
    if isinstance(body, ReadMail):
        mail = body.mail if isinstance(body.mail, ParsedMail) else None
        return ReceiptState(
            version=1,
            id=body.arrival.receipt_id,
            door=cast(Door, body.arrival.door),
            outcome=outcome,
            message_id=mail.message_id if mail else None,
            content_hash=key_of(body.arrival, mail) if mail else "",
            mailbox=message.mailboxes[0] if message else None,
            size_bytes=body.arrival.size_bytes,
            sender=mail.sender.address if mail and mail.sender else "",
            subject=mail.subject if mail else "",
            accepted_at=body.arrival.accepted_at,
            recorded_at=now,
        )
    form = isinstance(body, FormSubmitted)
    submitted = cast(FormSubmitted | RequestPageAnswered, body)
    return ReceiptState(
        version=1,
        id=submitted.receipt_id,
        door="portal" if form else "request_page",
        outcome=outcome,
        content_hash=str(submitted.receipt_id),
        size_bytes=len(submitted.text.encode()),
        sender=body.address if isinstance(body, FormSubmitted) else "",
        subject=body.title if isinstance(body, FormSubmitted) else "",
        accepted_at=submitted.accepted_at,
        recorded_at=now,
    )
