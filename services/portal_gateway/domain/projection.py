"""What one event means to the read model: snapshots to keep, an answer to keep, a line of the feed.

Invariant: the snapshots of an event equal those that its owner puts on its state topic, so that a model built from
events and one rebuilt from the state topics are the same.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.contracts.answers import Answer
from shared.contracts.automation import EventDecided, RuleSaved
from shared.contracts.envelope import Envelope
from shared.contracts.intake import QuarantineChanged, ReceiptRecorded
from shared.contracts.notifier import (
    DeliveryAttempted,
    DeliveryFact,
    DeliveryFailed,
    DeliveryQueued,
    DeliverySent,
    SuppressionChanged,
)
from shared.contracts.state import ChangeState, Snapshot
from shared.contracts.tickets import (
    ItemChanged,
    ItemCreated,
    ItemFact,
    MessageAdded,
    MessageHeld,
    MessageSplit,
    ReferenceChanged,
)

_STEPS: dict[type[ItemFact], str] = {
    ItemCreated: "created",
    ItemChanged: "changed",
    MessageAdded: "message_added",
    MessageHeld: "message_held",
    MessageSplit: "message_split",
}
#: Where facts about other aggregates carry their snapshot.
_CARRIES: dict[type[BaseModel], str] = {
    ReferenceChanged: "reference",
    RuleSaved: "rule",
    EventDecided: "decision",
    DeliveryQueued: "delivery",
    DeliveryAttempted: "delivery",
    DeliverySent: "delivery",
    DeliveryFailed: "delivery",
    SuppressionChanged: "suppression",
    ReceiptRecorded: "receipt",
    QuarantineChanged: "quarantine",
}
#: A feed line's name is the event's, without the parts that all of them share.
_COMMON = ("deskstream.", ".v1")


@dataclass(frozen=True)
class FeedLine:
    """What live pages are told: that something happened, and to what; they fetch what they may see."""

    at: datetime
    type: str
    subject: str
    item_id: UUID | None = None
    item_number: int | None = None
    version: int | None = None


@dataclass
class Projection:
    """What a batch of events leaves."""

    snapshots: list[Snapshot] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    feed: list[FeedLine] = field(default_factory=list)

    def add(self, envelope: Envelope, body: BaseModel) -> None:
        """Take one event in."""
        if isinstance(body, Answer):
            self.answers.append(body)
            return
        found = snapshots_of(envelope, body)
        if not found:
            return
        self.snapshots += found
        item_id, number = about(body)
        name = envelope.type.removeprefix(_COMMON[0]).removesuffix(_COMMON[1])
        subject = subject_of(envelope, body)
        self.feed.append(FeedLine(envelope.time, name, subject, item_id, number, envelope.sequence))


def snapshots_of(envelope: Envelope, body: BaseModel) -> list[Snapshot]:
    """Everything that an event says is so now; nothing for events that change no state of the read model."""
    if isinstance(body, ItemFact):
        message = getattr(body, "message", None)
        return [body.item, *([message] if message is not None else []), step_of(envelope, body)]
    name = _CARRIES.get(type(body))
    return [getattr(body, name)] if name is not None else []


def step_of(envelope: Envelope, fact: ItemFact) -> ChangeState:
    """The step of the item's history that a fact is."""
    message = getattr(fact, "message", None)
    name = _STEPS[type(fact)]
    if isinstance(fact, MessageAdded) and fact.accepted:
        name = "message_accepted"
    return ChangeState(
        version=fact.item.version,
        item_id=fact.item.id,
        event_id=envelope.id,
        event=name,
        at=envelope.time,
        actor=envelope.actor,
        actor_name=fact.actor_name,
        causes=envelope.causes,
        changes=fact.changes,
        message_id=message.id if message is not None else None,
        correlation_id=envelope.correlationid,
    )


def about(body: BaseModel) -> tuple[UUID | None, int | None]:
    """The item that an event is about: id and number, where it is about one."""
    if isinstance(body, ItemFact):
        return body.item.id, body.item.number
    if isinstance(body, EventDecided):
        return body.decision.item_id, body.decision.item_number
    if isinstance(body, DeliveryFact):
        return body.delivery.item_id, body.delivery.item_number
    return None, None


def newest(snapshots: list[Snapshot]) -> dict[str, list[Snapshot]]:
    """By kind, the newest snapshot of each key, in the order of the keys (so that two batches never deadlock)."""
    kept: dict[str, Snapshot] = {}
    for snapshot in snapshots:
        key = snapshot.state_key()
        if key not in kept or kept[key].version < snapshot.version:
            kept[key] = snapshot
    found: dict[str, list[Snapshot]] = {}
    for key in sorted(kept):
        found.setdefault(kept[key].kind_name, []).append(kept[key])
    return found


def number_of(body: BaseModel) -> int | None:
    """The number of the item that an event or an answer is about."""
    if isinstance(body, Answer):
        number = body.result.get("number")
        return number if isinstance(number, int) else None
    return about(body)[1]


def subject_of(envelope: Envelope, body: BaseModel) -> str:
    """What an event is about, as ``kind:id``; an older envelope of a delivery or decision names its item alone."""
    if isinstance(body, DeliveryFact):
        return body.delivery.state_key()
    return body.decision.state_key() if isinstance(body, EventDecided) else envelope.subject
