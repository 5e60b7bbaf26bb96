"""What staff do with a quarantined mail: read it again, take it as a bare ticket, discard it.

Rules:
- Ids derive from the receipt: twice, or after a repair, is one message.
- A mail that is dealt with stays dealt with; the answer says so and nothing happens again.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.domain.facts import Arrival
from services.intake.use_cases.take_in import Came, Ledger, Said
from shared.contracts.answers import IntakeAnswered
from shared.contracts.intake import MessageReceived, QuarantineChanged, ReceiptRecorded
from shared.contracts.state import Address, AttachmentRef, QuarantineState, ReceiptOutcome, ReceiptState


@dataclass(frozen=True)
class Quarantined:
    """A row of the quarantine, with how the mail came and its receipt."""

    state: QuarantineState
    arrival: Arrival
    receipt: ReceiptState


def refuse(said: Said, came: Came, code: str, text: str) -> None:
    """Answer that it cannot be done."""
    answer = IntakeAnswered(command_id=came.envelope.id, outcome="refused", code=code, text=text)
    said.say(came.envelope, answer, str(came.envelope.id), "answer")


def discard(said: Said, came: Came, row: Quarantined, now: datetime) -> None:
    """The mail is put aside for good; its bytes stay."""
    _close(said, came, row, "discarded", "discarded", now)


async def take_bare(ledger: Ledger, said: Said, came: Came, row: Quarantined, mailbox: str, now: datetime) -> None:
    """A ticket that holds the mail as a file, whatever it says."""
    file = AttachmentRef(
        name=f"mail-{str(row.state.id)[:8]}.eml",
        content_type="message/rfc822",
        size_bytes=row.state.size_bytes,
        sha256=row.state.raw_blob.rpartition("/")[2],
        blob_key=row.state.raw_blob,
    )
    message = MessageReceived(
        receipt_id=row.state.id,
        channel="mail",
        dedupe_key=f"receipt|{row.state.id}",
        mailboxes=(mailbox,),
        message_id=row.state.message_id,
        sender=Address(address=row.state.sender or row.arrival.mail_from or "unknown@invalid"),
        subject=row.state.subject or "A mail that could not be read",
        text=f"This mail could not be read ({row.state.error}). It is attached as it came.",
        attachments=(file,),
        raw_blob=row.state.raw_blob,
        flags=("bare",),
        automatic="bounce" if not row.state.sender else None,
        accepted_at=row.state.accepted_at,
    )
    await release(ledger, said, came, row, message, now)


async def release(
    ledger: Ledger, said: Said, came: Came, row: Quarantined, message: MessageReceived, now: datetime
) -> None:
    """The mail goes on as a message; the ledger claims it under its receipt."""
    known = await ledger.claim([message])
    first = known[message.dedupe_key]
    if first.receipt_id == message.receipt_id:
        said.say(came.envelope, message, message.message_id or str(message.receipt_id), f"release:{message.receipt_id}")
    _close(said, came, row, "released", "released", now)


def _close(said: Said, came: Came, row: Quarantined, status: str, outcome: ReceiptOutcome, now: datetime) -> None:
    state = row.state.model_copy(
        update={"status": status, "version": row.state.version + 1, "last_action_by": came.envelope.actor}
    )
    receipt = row.receipt.model_copy(
        update={"outcome": outcome, "version": row.receipt.version + 1, "recorded_at": now}
    )
    said.quarantined.append((state, row.arrival))
    said.receipts.append(receipt)
    key = str(state.id)
    said.say(came.envelope, QuarantineChanged(quarantine=state), key, "quarantine")
    said.say(came.envelope, ReceiptRecorded(receipt=receipt), key, f"receipt:{outcome}")
    said.snapshots += [(came.envelope, state), (came.envelope, receipt)]
    answer = IntakeAnswered(command_id=came.envelope.id, outcome="done", result={"receipt_id": key, "status": status})
    said.say(came.envelope, answer, key, "answer")


def with_receipt(arrival: Arrival, mended_blob: str | None) -> Arrival:
    """The arrival as a replay sees it: the same receipt, perhaps other bytes."""
    return replace(arrival, raw_blob=mended_blob or arrival.raw_blob)
