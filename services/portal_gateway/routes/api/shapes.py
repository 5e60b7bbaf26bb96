"""What the API shows of items, messages and what happened to them."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shared.contracts.state import (
    ActionTaken,
    Attempt,
    Automatic,
    ChangeState,
    Channel,
    DecisionState,
    DeliveryState,
    ItemState,
    MessageState,
    PersonRef,
    Priority,
    StatusState,
    Verdict,
)

Row = TypeVar("Row")
DeliveryStatus = Literal["queued", "sent", "failed", "expired", "suppressed"]
#: Of several mails about one message the worst is told; those that never go out come last.
_WORST_FIRST: tuple[DeliveryStatus, ...] = ("failed", "queued", "sent", "suppressed", "expired")


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Rows(Shape, Generic[Row]):
    """A page of a list.

    Attributes:
        next: cursor of the page after it; null at the end.
    """

    items: list[Row]
    next: str | None = None


class Person(Shape):
    id: UUID | None
    name: str
    address: str

    @classmethod
    def of(cls, person: PersonRef) -> "Person":
        return cls(id=person.id, name=person.name, address=person.address)


class Sender(Shape):
    name: str
    address: str


class Organisation(Shape):
    id: UUID
    name: str


class Item(Shape):
    """A work item."""

    id: UUID
    number: int
    kind: Literal["ticket", "task"]
    type: str
    channel: Channel
    title: str
    status: str
    state: StatusState
    priority: Priority
    requester: Person
    organisation: Organisation | None
    team: str | None
    assignee: Person | None
    followers: list[Person]
    tags: list[str]
    fields: dict[str, JsonValue]
    mailboxes: list[str]
    related: list[int]
    incomplete: bool
    held_count: int
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, item: ItemState) -> "Item":
        same = item.model_dump(exclude={"requester", "assignee", "followers", "organisation"})
        return cls(
            **{name: value for name, value in same.items() if name in cls.model_fields},
            requester=Person.of(item.requester),
            assignee=Person.of(item.assignee) if item.assignee else None,
            followers=[Person.of(follower) for follower in item.followers],
            organisation=Organisation(**item.organisation.model_dump()) if item.organisation else None,
        )


class Attachment(Shape):
    name: str
    size: int
    sha256: str
    content_type: str
    url: str


class Message(Shape):
    """A message of a conversation.

    Attributes:
        full_text: with what it quotes; of a very long mail the beginning (`cut`), the message itself has all.
        html: sanitised; cid: pictures are among the attachments.
        delivery: what became of the mails that carry it, the worst of them; null where it mails nobody.
        raw_url: the mail as it came, where it came by mail.
    """

    id: UUID
    item: int
    sender: Sender = Field(alias="from")
    by: Literal["customer", "staff", "system"]
    public: bool
    held: bool
    held_reason: str | None
    subject: str
    text: str
    full_text: str
    html: str | None
    cut: bool
    automatic: Automatic | None
    delivery: DeliveryStatus | None
    attachments: list[Attachment]
    raw_url: str | None
    created_at: datetime

    @classmethod
    def of(cls, message: MessageState, deliveries: Sequence[DeliveryState] = ()) -> "Message":
        return cls(
            id=message.id,
            item=message.item_number,
            sender=Sender(name=message.sender.name, address=message.sender.address),
            by=message.by,
            public=message.public,
            held=message.held,
            held_reason=message.held_reason,
            subject=message.subject,
            text=message.text,
            full_text=message.full_text or message.text,
            html=message.html,
            cut=message.body_blob is not None,
            automatic=message.automatic,
            delivery=delivery_of(message.id, deliveries),
            attachments=[
                Attachment(
                    name=file.name or "unnamed",
                    size=file.size_bytes,
                    sha256=file.sha256,
                    content_type=file.content_type,
                    url=attachment_url(message.id, place),
                )
                for place, file in enumerate(message.attachments)
            ],
            raw_url=f"/api/v1/messages/{message.id}/raw" if message.raw_blob else None,
            created_at=message.created_at,
        )


class Change(Shape):
    """A step of an item's history: who, when, what, and because of which rules."""

    version: int
    event: str
    at: datetime
    actor: str
    actor_name: str
    causes: list[str]
    changes: dict[str, tuple[JsonValue, JsonValue]]
    message_id: UUID | None
    correlation_id: UUID

    @classmethod
    def of(cls, change: ChangeState) -> "Change":
        return cls(**change.model_dump(include=set(cls.model_fields)))


class Action(ActionTaken):
    """What became of one action; `delivery` where it mails: what became of its mails, the worst of them."""

    delivery: DeliveryStatus | None = None


class RuleVerdict(Verdict):
    """What one rule made of the event, and what became of its actions."""

    actions: tuple[Action, ...] = ()


class Decision(Shape):
    """What the rules made of one event, and why."""

    id: UUID
    event_id: UUID
    item_version: int
    trigger: str
    rule_set_version: int
    verdicts: list[RuleVerdict]
    unlisted: int
    at: datetime

    @classmethod
    def of(cls, decision: DecisionState, mails: Sequence[DeliveryState]) -> "Decision":
        shown = cls(**decision.model_dump(include=set(cls.model_fields)))
        return shown.model_copy(update={"verdicts": [_with_mails(verdict, mails) for verdict in shown.verdicts]})


class Delivery(Shape):
    """One mail to one person, with every try."""

    id: UUID
    item: int
    kind: str
    message_id: UUID | None
    rule_id: str | None
    recipient: Person
    subject: str
    text: str
    status: DeliveryStatus
    reason: str
    attempts: list[Attempt]
    next_attempt_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, delivery: DeliveryState) -> "Delivery":
        same = delivery.model_dump(include=set(cls.model_fields), exclude={"recipient"})
        return cls(**same, item=delivery.item_number, recipient=Person.of(delivery.recipient))


def _with_mails(verdict: RuleVerdict, mails: Sequence[DeliveryState]) -> RuleVerdict:
    actions = tuple(
        action.model_copy(update={"delivery": _worst({mail.status for mail in mails if mail.effect_id == effect})})
        if (effect := action.effect_id) is not None
        else action
        for action in verdict.actions
    )
    return verdict.model_copy(update={"actions": actions})


def delivery_of(message_id: UUID, deliveries: Sequence[DeliveryState]) -> DeliveryStatus | None:
    """What became of a message's mails, the worst of them; none where there are none."""
    seen = {d.status for d in deliveries if d.kind == "message" and d.message_id == message_id}
    return _worst(seen)


def _worst(seen: Set[DeliveryStatus]) -> DeliveryStatus | None:
    return next((status for status in _WORST_FIRST if status in seen), None)


def attachment_url(message_id: UUID, place: int) -> str:
    """Where a message's file is read by staff."""
    return f"/api/v1/messages/{message_id}/attachments/{place}"
