"""Turn facts and rules' mails into deliveries, one a person and cause.

Rules:
- A fact older than the limit when it is first seen makes deliveries that are *expired*: shown, never sent.
- A suppressed address gets a delivery that is *suppressed*.
- The same cause, person and kind is one delivery, however often it is said.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel

from services.notifier.domain.audience import Kind, audience
from services.notifier.domain.mail import Desk, rfc_message_id, subject_of
from shared.contracts.envelope import Envelope
from shared.contracts.notifier import SendMail
from shared.contracts.state import DeliveryState, ItemState, MessageState, PersonRef
from shared.contracts.tickets import ItemFact
from shared.ids import derived_id


class Content(BaseModel):
    """What a delivery's mail is made of: the item then, and the message it carries."""

    item: ItemState
    message: MessageState | None = None


@dataclass(frozen=True)
class Queued:
    """A delivery to be queued, with what it is made of."""

    cause: Envelope
    cause_id: UUID
    delivery: DeliveryState
    content: Content


def from_fact(desk: Desk, envelope: Envelope, fact: ItemFact, now: datetime, max_age: timedelta) -> list[Queued]:
    """A delivery for everyone who hears of a fact."""
    message: MessageState | None = getattr(fact, "message", None)
    return [
        _queued(
            desk,
            envelope,
            envelope.id,
            hears.person,
            hears.kind,
            Content(item=fact.item, message=message if hears.kind != "assignment" else None),
            now,
            _expired(envelope.time, now, max_age),
        )
        for hears in audience(envelope, fact)
    ]


def from_rule(desk: Desk, envelope: Envelope, command: SendMail, now: datetime, max_age: timedelta) -> list[Queued]:
    """A delivery for each recipient of a rule's mail."""
    expired = _expired(command.caused_at, now, max_age)
    found = []
    for person in command.to:
        queued = _queued(desk, envelope, command.effect_key, person, "rule", Content(item=command.item), now, expired)
        delivery = queued.delivery.model_copy(
            update={
                "text": command.text,
                "rule_id": str(command.rule_id),
                "subject": subject_of(command.item, command.subject),
            }
        )
        found.append(Queued(queued.cause, queued.cause_id, delivery, queued.content))
    return found


def _expired(caused_at: datetime, now: datetime, max_age: timedelta) -> bool:
    return now - caused_at > max_age


def _queued(  # noqa: PLR0913, PLR0917 - all of it names one delivery
    desk: Desk,
    envelope: Envelope,
    cause_id: UUID,
    person: PersonRef,
    kind: Kind,
    content: Content,
    now: datetime,
    expired: bool,
) -> Queued:
    delivery_id = derived_id(cause_id, f"delivery:{person.id}:{kind}")
    # Staff hear in a mail of its own; only what customers get carries the message's one id.
    carried = content.message if kind == "message" else None
    delivery = DeliveryState(
        version=1,
        id=delivery_id,
        item_id=content.item.id,
        item_number=content.item.number,
        kind=kind,
        message_id=content.message.id if content.message else None,
        recipient=person,
        subject=subject_of(content.item),
        rfc_message_id=rfc_message_id(desk, content.item, carried, delivery_id),
        status="expired" if expired else "queued",
        reason="its cause is too old to be told now" if expired else "",
        next_attempt_at=None if expired else now,
        accepted_at=envelope.accepted_at,
        created_at=now,
        updated_at=now,
    )
    return Queued(envelope, cause_id, delivery, content)
