"""Facts, rules' mails and failures become deliveries: one mail to one person, with what it is made of.

Rules:
- A cause older than the limit when it is first seen, or from before the install, makes deliveries that are *expired*.
- A suppressed address, and one where nothing can arrive, gets a delivery that is *suppressed*.
- The same cause, person and kind is one delivery, however often it is said.
- What did not arrive is told to the assignee, once; a failure of that mail is told to nobody.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier.domain.addresses import unreachable
from services.notifier.domain.audience import audience, told
from services.notifier.domain.desk import Desk
from services.notifier.domain.text import one_line, subject_of, title_as_subject
from services.notifier.domain.thread import message_id_of
from services.notifier.domain.words import words
from shared.contracts.envelope import Envelope
from shared.contracts.notifier import SendMail
from shared.contracts.state import DeliveryState, ItemState, MessageState, PersonRef
from shared.contracts.tickets import ItemFact
from shared.ids import derived_id

TOO_OLD = "its cause is too old to be told now"
BEFORE_INSTALL = "its cause is from before this desk was installed"
CAME_BACK = "mails to this address came back for good"


@dataclass(frozen=True)
class Contents:
    """What the mails of one cause are made of: the item then, and the public message that they carry."""

    cause_id: UUID
    item: ItemState
    message: MessageState | None = None


@dataclass(frozen=True)
class Queued:
    """A delivery to be queued, with what it is made of."""

    cause: Envelope
    contents: Contents
    delivery: DeliveryState


@dataclass(frozen=True)
class Age:
    """What is too old to be told: the moment, the limit, and when the desk was installed."""

    now: datetime
    limit: timedelta
    installed_at: datetime

    def reason(self, caused_at: datetime) -> str:
        """Why nothing is told of what happened then; "" when it may be."""
        if caused_at < self.installed_at:
            return BEFORE_INSTALL
        return TOO_OLD if self.now - caused_at > self.limit else ""


def from_fact(desk: Desk, envelope: Envelope, fact: ItemFact, age: Age) -> list[Queued]:
    """A delivery for everyone who hears of a fact."""
    contents = Contents(envelope.id, _bare(fact.item), told(fact))
    return [
        _queued(desk, envelope, contents, hears.person, kind=hears.kind, age=age, caused_at=envelope.time)
        for hears in audience(envelope, fact)
    ]


def from_rule(desk: Desk, envelope: Envelope, command: SendMail, age: Age) -> list[Queued]:
    """A delivery for each recipient of a rule's mail. Without a subject it is *about your request*, in its language."""
    contents = Contents(command.effect_key, _bare(command.item))
    found = []
    for person in command.to:
        subject = command.subject or words(None if person.staff else command.item.language).about
        queued = _queued(desk, envelope, contents, person, kind="rule", age=age, caused_at=command.caused_at)
        more = {
            "text": command.text,
            "rule_id": str(command.rule_id),
            "effect_id": command.effect_key,
            "subject": subject_of(command.item, subject),
        }
        found.append(replace(queued, delivery=queued.delivery.model_copy(update=more)))
    return found


def failure_of(desk: Desk, cause: Envelope, delivery: DeliveryState, item: ItemState, now: datetime) -> Queued | None:
    """The mail that tells the assignee what did not arrive; none where it is nobody's business, or their own mail's."""
    assignee = item.assignee
    if delivery.status != "failed" or delivery.recipient.staff or assignee is None:
        return None
    say = words(None)
    contents = Contents(derived_id(delivery.id, f"failure:{delivery.version}"), _bare(item))
    age = Age(now, timedelta.max, cause.time)
    queued = _queued(desk, cause, contents, assignee, kind="failure", age=age, caused_at=cause.time)
    text = f"{say.failed} {delivery.recipient.address}: {one_line(delivery.reason)}"
    more = {"text": text, "subject": subject_of(item, f"{say.failed_subject} {item.title}")}
    return replace(queued, delivery=queued.delivery.model_copy(update=more))


def withheld(queued: Queued, suppressed: Set[str]) -> Queued:
    """The delivery as it is queued, given the addresses that mails no longer go to."""
    delivery = queued.delivery
    if delivery.status != "queued" or delivery.recipient.address.lower() not in suppressed:
        return queued
    return replace(queued, delivery=_never_tried(delivery, "suppressed", CAME_BACK))


def _bare(item: ItemState) -> ItemState:
    """What mails are made of, and no more: no other people, no fields, no tags."""
    return item.model_copy(update={"followers": (), "fields": {}, "tags": ()})


def _queued(  # noqa: PLR0913 - all of it names one delivery
    desk: Desk,
    cause: Envelope,
    contents: Contents,
    person: PersonRef,
    *,
    kind: str,
    age: Age,
    caused_at: datetime,
) -> Queued:
    item, carried = contents.item, contents.message if kind in {"message", "customer_message"} else None
    delivery_id = derived_id(contents.cause_id, f"delivery:{person.id}:{kind}")
    delivery = DeliveryState.model_validate(
        {
            "version": 1,
            "id": delivery_id,
            "item_id": item.id,
            "item_number": item.number,
            "kind": kind,
            "message_id": carried.id if carried else None,
            "recipient": person,
            "subject": subject_of(item, title_as_subject(item)),
            "rfc_message_id": message_id_of(desk, item, carried, delivery_id),
            "status": "queued",
            "next_attempt_at": age.now,
            "accepted_at": cause.accepted_at,
            "created_at": age.now,
            "updated_at": age.now,
        }
    )
    nowhere, old = unreachable(desk, person.address), age.reason(caused_at)
    if old:
        delivery = _never_tried(delivery, "expired", old)
    elif nowhere:
        delivery = _never_tried(delivery, "suppressed", nowhere)
    return Queued(cause, contents, delivery)


def _never_tried(delivery: DeliveryState, status: str, reason: str) -> DeliveryState:
    return delivery.model_copy(update={"status": status, "reason": reason, "next_attempt_at": None})
