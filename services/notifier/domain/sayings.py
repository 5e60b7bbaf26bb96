"""What notifier says: facts about deliveries and suppressions, their snapshots, answers.

Invariant: ids derive from what caused them, so that a message handled again says the same things again.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.answers import Answer
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.notifier import DeliveryAttempted, DeliveryFact, DeliveryFailed, DeliveryQueued, DeliverySent
from shared.contracts.state import DeliveryState, Snapshot
from shared.ids import derived_id

SOURCE = "/deskstream/notifier"
ACTOR = "system:notifier"
STATE_TOPIC = "notifier-state"

_FACTS: dict[str, type[DeliveryFact]] = {"sent": DeliverySent, "failed": DeliveryFailed}


@dataclass(frozen=True, slots=True)
class Saying:
    """A message to publish, with its topic and key."""

    topic: str
    key: str
    envelope: Envelope
    body: Message | Snapshot


def delivery_sayings(delivery: DeliveryState, cause: Envelope, now: datetime) -> list[Saying]:
    """The fact that a delivery is as it is now, and its snapshot."""
    waits_again = delivery.status == "queued" and bool(delivery.reason)
    kind = _FACTS.get(delivery.status, DeliveryAttempted if waits_again else DeliveryQueued)
    purpose = f"delivery:{delivery.id}:{delivery.version}"
    told = fact(cause, purpose, kind(delivery=delivery), str(delivery.item_id), delivery, now)
    return [told, snapshot(cause, delivery, now)]


def fact(cause: Envelope, purpose: str, body: Message, key: str, about: Snapshot, now: datetime) -> Saying:
    """A fact about an aggregate. It travels with the item of `key`, so of what many items share it tells no order."""
    envelope = _envelope(cause, purpose, body.ce_type, about.state_key(), now)
    sequence = about.version if isinstance(about, DeliveryState) else None
    return Saying(body.topic, key, envelope.model_copy(update={"sequence": sequence}), body)


def answer(command: Envelope, body: Answer, key: str, now: datetime) -> Saying:
    """What became of a command, told behind the facts that it caused and under their key."""
    return Saying(body.topic, key, _envelope(command, "answer", body.ce_type, f"command:{command.id}", now), body)


def snapshot(cause: Envelope, state: Snapshot, now: datetime) -> Saying:
    """The newest state of a delivery or a suppression."""
    key = state.state_key()
    envelope = _envelope(cause, f"state:{key}:{state.version}", f"deskstream.state.{state.kind_name}.v1", key, now)
    return Saying(STATE_TOPIC, key, envelope.model_copy(update={"sequence": state.version}), state)


def attempt_cause(delivery: DeliveryState, correlation: Envelope, now: datetime) -> Envelope:
    """What stands behind an attempt: the sender itself, for what first asked for the mail."""
    return correlation.model_copy(
        update={
            "id": derived_id(delivery.id, f"attempt:{delivery.version}"),
            "type": "deskstream.notifier.attempt.v1",
            "source": SOURCE,
            "time": now,
            "subject": delivery.state_key(),
            "causationid": correlation.id,
            "actor": ACTOR,
            "sequence": None,
        }
    )


def _envelope(cause: Envelope, purpose: str, ce_type: str, subject: str, now: datetime) -> Envelope:
    return Envelope(
        id=derived_id(cause.id, purpose),
        type=ce_type,
        source=SOURCE,
        time=now,
        subject=subject,
        correlationid=cause.correlationid,
        causationid=cause.id,
        actor=ACTOR,
        traceparent=cause.traceparent,
        accepted_at=cause.accepted_at,
    )
