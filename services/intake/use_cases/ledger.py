"""What entering mail needs of the ledger, and what it says: shared by all use cases of intake."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel

from services.intake.domain.facts import Arrival, Stored
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageReceived
from shared.contracts.state import QuarantineState, ReceiptState, Snapshot


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
    """The ledger's rows, as use cases need them."""

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
        """Publish a message when the batch commits; its id derives from the cause and the purpose."""
        self.messages.append((cause, body, key, purpose))


@dataclass(frozen=True)
class Came:
    """One thing that came in, with its envelope."""

    envelope: Envelope
    body: BaseModel
