"""What automation says: facts, snapshots and commands, each in its envelope.

Invariant: ids derive from what caused them, so that a message handled again says the same things again.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.answers import Answer
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.state import Snapshot
from shared.ids import derived_id

SOURCE = "/deskstream/automation"
ACTOR = "system:automation"
STATE_TOPIC = "automation-state"


@dataclass(frozen=True, slots=True)
class Saying:
    """A message to publish, with its topic and key."""

    topic: str
    key: str
    envelope: Envelope
    body: Message | Snapshot


def fact(cause: Envelope, purpose: str, body: Message, key: str, about: Snapshot, now: datetime) -> Saying:
    """A fact about an aggregate, as it is now; `key` keeps it in the order of what it belongs to."""
    envelope = _envelope(cause, purpose, body.ce_type, about.state_key(), now)
    return Saying(body.topic, key, envelope.model_copy(update={"sequence": about.version}), body)


def answer(command: Envelope, body: Answer, key: str, now: datetime) -> Saying:
    """What became of a command, told behind the facts that it caused and under their key."""
    return Saying(body.topic, key, _envelope(command, "answer", body.ce_type, f"command:{command.id}", now), body)


def snapshot(cause: Envelope, state: Snapshot, now: datetime) -> Saying:
    """The newest state of a rule or a decision."""
    key = state.state_key()
    envelope = _envelope(cause, f"state:{key}:{state.version}", f"deskstream.state.{state.kind_name}.v1", key, now)
    return Saying(STATE_TOPIC, key, envelope.model_copy(update={"sequence": state.version}), state)


def command(cause: Envelope, body: Message, *, effect_id: UUID, rule_id: UUID, key: str, now: datetime) -> Saying:
    """A command by a rule; its causes are those of the event, and the rule itself."""
    envelope = _envelope(cause, "", body.ce_type, f"item:{key}", now)
    by_rule = {"id": effect_id, "actor": f"rule:{rule_id}", "causes": (*cause.causes, str(rule_id))}
    return Saying(body.topic, key, envelope.model_copy(update=by_rule), body)


def seed_cause(name: str, seed: UUID, now: datetime) -> Envelope:
    """What stands behind something that nobody asked for: the seeding of a fresh desk."""
    return Envelope(
        id=seed,
        type="deskstream.automation.seed.v1",
        source=SOURCE,
        time=now,
        subject=name,
        correlationid=seed,
        actor=ACTOR,
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
