"""Rows of the receipt ledger: one for each thing that a door accepted, whatever became of it."""

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from services.intake.domain.facts import key_of
from services.intake.domain.parsed_mail import ParsedMail
from services.intake.use_cases.ledger import Came, ReadMail, Said
from shared.contracts.intake import FormSubmitted, MessageReceived, ReceiptRecorded, RequestPageAnswered
from shared.contracts.state import ReceiptOutcome, ReceiptState

Door = Literal["smtp", "lmtp", "portal", "request_page"]
REASON_LIMIT = 500


def enter(  # noqa: PLR0913 - what a row says
    said: Said,
    came: Came,
    outcome: ReceiptOutcome,
    now: datetime,
    *,
    message: MessageReceived | None = None,
    duplicate_of: UUID | None = None,
    reason: str = "",
) -> None:
    """The arrival has its row, and whoever follows the ledger is told."""
    told = {"duplicate_of": duplicate_of, "reason": reason[:REASON_LIMIT]}
    state = _row(came, outcome, now, message).model_copy(update=told)
    said.receipts.append(state)
    said.say(came.envelope, ReceiptRecorded(receipt=state), str(state.id), f"receipt:{outcome}")
    said.snapshots.append((came.envelope, state))


def _row(came: Came, outcome: ReceiptOutcome, now: datetime, message: MessageReceived | None) -> ReceiptState:
    body = came.body
    if isinstance(body, ReadMail):
        return _of_mail(body, outcome, now, message)
    form = body if isinstance(body, FormSubmitted) else None
    submitted = cast(FormSubmitted | RequestPageAnswered, body)
    return ReceiptState(
        version=1,
        id=submitted.receipt_id,
        door="portal" if form else "request_page",
        outcome=outcome,
        content_hash=str(submitted.receipt_id),
        size_bytes=len(submitted.text.encode()),
        sender=form.address if form else "",
        subject=form.title if form else "",
        accepted_at=submitted.accepted_at,
        recorded_at=now,
    )


def _of_mail(read: ReadMail, outcome: ReceiptOutcome, now: datetime, message: MessageReceived | None) -> ReceiptState:
    mail = read.mail if isinstance(read.mail, ParsedMail) else None
    return ReceiptState(
        version=1,
        id=read.arrival.receipt_id,
        door=cast(Door, read.arrival.door),
        outcome=outcome,
        message_id=mail.message_id if mail else None,
        content_hash=key_of(read.arrival, mail) if mail else "",
        mailbox=message.mailboxes[0] if message else None,
        size_bytes=read.arrival.size_bytes,
        sender=mail.sender.address if mail and mail.sender else "",
        subject=mail.subject if mail else "",
        accepted_at=read.arrival.accepted_at,
        recorded_at=now,
    )
