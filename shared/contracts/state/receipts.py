"""Snapshots of the receipt ledger and of the quarantine."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.state.base import Snapshot

ReceiptOutcome = Literal[
    "accepted", "duplicate", "also_received", "quarantined", "released", "discarded", "bounce", "held"
]


class ReceiptState(Snapshot):
    """One row of the receipt ledger: what became of one thing that came in by one door.

    Attributes:
        id: the receipt, minted at the door; the correlation id of all that follows.
        duplicate_of: the receipt whose message this one repeats.
    """

    kind_name: ClassVar[str] = "receipt"

    id: UUID
    door: Literal["smtp", "lmtp", "portal", "request_page"]
    outcome: ReceiptOutcome
    message_id: str | None = None
    content_hash: str
    mailbox: str | None = None
    duplicate_of: UUID | None = None
    size_bytes: int
    sender: str = ""
    subject: str = ""
    reason: str = ""
    accepted_at: datetime
    recorded_at: datetime

    def state_key(self) -> str:
        return f"receipt:{self.id}"


class QuarantineState(Snapshot):
    """A mail that could not be read, or to no mailbox of ours: its bytes are kept, staff mend, replay or discard.

    Attributes:
        status: ``open`` until released (a replay that worked or a bare ticket) or discarded.
        raw_blob: the original octets.
        head: the first lines as text with replacement, for a look.
        item_number: of the ticket that it became; `tickets` knows, so it is filled in where a reader shows it.
    """

    kind_name: ClassVar[str] = "quarantine"

    id: UUID
    status: Literal["open", "released", "discarded"]
    error_code: str
    error: str
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    message_id: str | None = None
    raw_blob: str
    size_bytes: int
    head: str = ""
    accepted_at: datetime
    item_number: int | None = None
    last_action_by: str = ""

    def state_key(self) -> str:
        return f"quarantine:{self.id}"
