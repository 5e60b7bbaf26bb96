"""What staff do with a quarantined mail: read it again, take it as a bare ticket, discard it.

Rules:
- Ids derive from the receipt: twice, or after a repair, is one message.
- A mail that is dealt with stays dealt with; the answer says so and nothing happens again.
- A mail that still cannot be read stays where it is; the answer says why.
- Every command gets exactly one answer, after the facts that it caused.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from services.intake.domain.facts import Arrival, Desk, Reading, facts_of
from services.intake.domain.parsed_mail import Unreadable
from services.intake.use_cases.ledger import Came, Ledger, ReadMail, Said
from shared.contracts.answers import IntakeAnswered
from shared.contracts.intake import (
    BounceReceived,
    DiscardQuarantined,
    MessageReceived,
    QuarantineChanged,
    ReceiptRecorded,
    ReplayQuarantined,
    TakeAsBareTicket,
)
from shared.contracts.state import Address, AttachmentRef, QuarantineState, ReceiptOutcome, ReceiptState


@dataclass(frozen=True)
class Quarantined:
    """A row of the quarantine, with how the mail came and its receipt."""

    state: QuarantineState
    arrival: Arrival
    receipt: ReceiptState


class Quarantine(Ledger, Protocol):
    """The ledger's and the quarantine's rows, as these use cases need them."""

    async def quarantined(self, receipt_id: UUID) -> Quarantined | None:
        """A mail of the quarantine, its row locked; none where there is no such mail."""


class QuarantineWork:
    """Carries out the commands of one batch; what an earlier one did is seen by a later one."""

    def __init__(self, rows: Quarantine, desk: Desk, said: Said, now: datetime) -> None:
        self._rows = rows
        self._desk = desk
        self._said = said
        self._now = now
        self._known: dict[UUID, Quarantined | None] = {}

    async def carry_out(self, came: Came) -> None:
        """Do what a command asks, or refuse it."""
        body = came.body
        row = await self._row(_receipt_of(came))
        if row is None:
            self._refuse(came, "not_found", "There is no such mail in the quarantine.")
        elif row.state.status != "open":
            self._refuse(came, "already_done", f"It was {row.state.status} already.")
        elif isinstance(body, DiscardQuarantined):
            self._close(came, row, "discarded", reason=body.reason)
        elif isinstance(body, TakeAsBareTicket):
            await self._take_bare(came, row, body.mailbox)
        elif isinstance(body, ReadMail):
            await self._release(came, row, _reading_of(self._desk, body))
        else:
            self._refuse(came, "not_found", "It cannot be read again just now.")

    async def _row(self, receipt_id: UUID) -> Quarantined | None:
        if receipt_id not in self._known:
            self._known[receipt_id] = await self._rows.quarantined(receipt_id)
        return self._known[receipt_id]

    async def _take_bare(self, came: Came, row: Quarantined, mailbox: str) -> None:
        """A ticket that holds the mail as a file, whatever it says."""
        if mailbox not in self._desk.mailboxes:
            self._refuse(came, "unknown_mailbox", f"There is no mailbox {mailbox}.", field="mailbox")
            return
        await self._release(came, row, bare_message(row, mailbox))

    async def _release(self, came: Came, row: Quarantined, reading: Reading) -> None:
        """The mail goes on; the ledger claims it under its receipt."""
        if isinstance(reading, Unreadable):
            self._refuse(came, "still_unreadable", f"It still cannot be read: {reading.reason}.")
        elif isinstance(reading, BounceReceived):
            self._said.say(came.envelope, reading, str(row.state.id), f"release:{row.state.id}")
            self._close(came, row, "released", "bounce")
        else:
            first = (await self._rows.claim([reading]))[reading.dedupe_key]
            if first.receipt_id == reading.receipt_id:
                key = reading.message_id or str(reading.receipt_id)
                self._said.say(came.envelope, reading, key, f"release:{reading.receipt_id}")
                self._close(came, row, "released", mailbox=reading.mailboxes[0], goes_on=True)
            else:
                self._close(came, row, "released", duplicate_of=first.receipt_id)

    def _refuse(self, came: Came, code: str, text: str, field: str | None = None) -> None:
        answer = IntakeAnswered(command_id=came.envelope.id, outcome="refused", code=code, text=text, field=field)
        self._said.say(came.envelope, answer, str(_receipt_of(came)), "answer")

    def _close(  # noqa: PLR0913 - what the row and the receipt then say
        self,
        came: Came,
        row: Quarantined,
        status: ReceiptOutcome,
        outcome: ReceiptOutcome | None = None,
        *,
        reason: str = "",
        mailbox: str | None = None,
        duplicate_of: UUID | None = None,
        goes_on: bool = False,
    ) -> None:
        envelope, key = came.envelope, str(row.state.id)
        changed = {"status": status, "version": row.state.version + 1, "last_action_by": envelope.actor}
        state = row.state.model_copy(update=changed)
        receipt = row.receipt.model_copy(
            update={
                "outcome": outcome or status,
                "version": row.receipt.version + 1,
                "recorded_at": self._now,
                "reason": reason[:500] or row.receipt.reason,
                "mailbox": mailbox or row.receipt.mailbox,
                "duplicate_of": duplicate_of,
            }
        )
        self._known[row.state.id] = replace(row, state=state, receipt=receipt)
        self._said.quarantined.append((state, row.arrival))
        self._said.receipts.append(receipt)
        self._said.say(envelope, QuarantineChanged(quarantine=state), key, "quarantine")
        self._said.say(envelope, ReceiptRecorded(receipt=receipt), key, f"receipt:{receipt.outcome}")
        self._said.snapshots += [(envelope, state), (envelope, receipt)]
        result: dict[str, JsonValue] = {"receipt_id": key, "status": status, "goes_on": goes_on}
        answer = IntakeAnswered(command_id=envelope.id, outcome="done", result=result)
        self._said.say(envelope, answer, key, "answer")


def bare_message(row: Quarantined, mailbox: str) -> MessageReceived:
    """A message that holds a quarantined mail as a file and says why."""
    file = AttachmentRef(
        name=f"mail-{str(row.state.id)[:8]}.eml",
        content_type="message/rfc822",
        size_bytes=row.state.size_bytes,
        sha256=row.state.raw_blob.rpartition("/")[2],
        blob_key=row.state.raw_blob,
    )
    return MessageReceived(
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


def _receipt_of(came: Came) -> UUID:
    body = came.body
    if isinstance(body, ReadMail):
        return body.arrival.receipt_id
    if isinstance(body, ReplayQuarantined | DiscardQuarantined | TakeAsBareTicket):
        return body.receipt_id
    return came.envelope.id


def _reading_of(desk: Desk, read: ReadMail) -> Reading:
    return read.mail if isinstance(read.mail, Unreadable) else facts_of(desk, read.arrival, read.mail, read.stored)
