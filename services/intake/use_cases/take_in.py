"""Enter what came in into the ledger and say what it is.

Rules:
- A receipt ends as accepted, duplicate, also received, quarantined, or bounce: every one, exactly once.
- The first to claim a message's key brings it; another copy is a duplicate, or *also received* by another mailbox.
- What cannot be read goes to the quarantine with its bytes; nothing is thrown away.
- Ids derive from the receipt: a replay, before or after a repair, says the same message.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from pydantic import BaseModel

from services.intake.domain.facts import Desk, Reading, facts_of
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from services.intake.domain.storable import storable
from services.intake.use_cases.ledger import Came, Known, Ledger, ReadMail, Said
from services.intake.use_cases.receipts import enter
from shared.contracts.intake import (
    BounceReceived,
    FormSubmitted,
    MessageAlsoReceived,
    MessageReceived,
    QuarantineChanged,
    RequestPageAnswered,
)
from shared.contracts.state import Address, FormState, QuarantineState, ReceiptOutcome


async def take_in(
    ledger: Ledger, desk: Desk, forms: dict[str, FormState], batch: Sequence[Came], now: datetime
) -> Said:
    """Every arrival of the batch is entered and said."""
    said = Said()
    readings = [(came, _reading(desk, forms, came.body)) for came in batch]
    messages = [reading for _, reading in readings if isinstance(reading, MessageReceived)]
    known = await ledger.claim(messages)
    reused = await ledger.reused_ids(messages) | _reused_within(messages)
    for came, reading in readings:
        if isinstance(reading, MessageReceived):
            await _message(ledger, said, came, _flagged(reading, reused), known, now)
        elif isinstance(reading, BounceReceived):
            said.say(came.envelope, reading, str(reading.receipt_id), "bounce")
            enter(said, came, "bounce", now, reason=", ".join(r.reason for r in reading.recipients))
        else:
            _quarantine(said, came, reading, now)
    return said


def _reading(desk: Desk, forms: dict[str, FormState], body: BaseModel) -> Reading:
    if isinstance(body, FormSubmitted):
        return _from_form(forms, storable(body))
    if isinstance(body, RequestPageAnswered):
        return MessageReceived(
            receipt_id=body.receipt_id,
            channel="portal",
            dedupe_key=str(body.receipt_id),
            item_id=body.item_id,
            person_id=body.person_id,
            sender=Address(address=""),
            text=storable(body.text),
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


def _reused_within(messages: Sequence[MessageReceived]) -> set[str]:
    """Message-IDs that two different mails of one batch carry."""
    contents: dict[str, set[str]] = {}
    for message in messages:
        if message.message_id:
            contents.setdefault(message.message_id, set()).add(message.dedupe_key)
    return {name for name, keys in contents.items() if len(keys) > 1}


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
        enter(said, came, "accepted", now, message=message)
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
    enter(said, came, outcome, now, message=message, duplicate_of=first.receipt_id)


def _quarantine(said: Said, came: Came, fault: Unreadable, now: datetime) -> None:
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
    enter(said, came, "quarantined", now, reason=f"{fault.code}: {fault.reason}")


def _conversation(message: MessageReceived) -> str:
    """The key that keeps a conversation together: the first reference, else its own id."""
    if message.item_id is not None:
        return str(message.item_id)
    return (message.thread_ids[-1] if message.thread_ids else message.message_id or str(message.receipt_id))[:200]
