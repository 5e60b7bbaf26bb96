"""Snapshots of deliveries and of the addresses that mails no longer go to."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Contract
from shared.contracts.state.base import Snapshot
from shared.contracts.state.items import PersonRef


class Attempt(Contract):
    """One try to hand a mail to the mail server; `unknown` where the answer was lost."""

    at: datetime
    outcome: Literal["sent", "deferred", "refused", "unknown"]
    code: int | None = None
    detail: str = ""


class DeliveryState(Snapshot):
    """One mail to one person, from queued to sent or failed.

    Attributes:
        kind: ``message`` (a public message), ``assignment``, ``customer_message`` (to staff), ``rule``, ``failure``
            (tells the assignee what did not arrive).
        message_id: our id of the public message that it carries; none for a rule's mail.
        effect_id: of the rule's action behind it, as its decision names it.
        rfc_message_id: the Message-ID it goes out with, without angle brackets.
        status: ``expired`` and ``suppressed`` were never tried.
        text: body of a rule's mail, for the timeline; "" where the message is the body.
    """

    kind_name: ClassVar[str] = "delivery"

    id: UUID
    item_id: UUID
    item_number: int
    kind: Literal["message", "assignment", "customer_message", "rule", "failure"]
    message_id: UUID | None = None
    rule_id: str | None = None
    effect_id: UUID | None = None
    recipient: PersonRef
    subject: str
    text: str = ""
    rfc_message_id: str
    status: Literal["queued", "sent", "failed", "expired", "suppressed"]
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
    accepted_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    def state_key(self) -> str:
        return f"delivery:{self.id}"


class SuppressionState(Snapshot):
    """An address that mails no longer go to, and why (a hard bounce, a complaint)."""

    kind_name: ClassVar[str] = "suppression"

    address: str
    reason: str
    active: bool = True
    soft_count: int = 0
    at: datetime

    def state_key(self) -> str:
        return f"suppression:{self.address}"
