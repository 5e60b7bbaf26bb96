"""The way of something through the desk: one step a record, in the order of time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.envelope import Envelope


@dataclass(frozen=True)
class Step:
    """A record on the way, with its place on the log.

    Attributes:
        causation_id: id of the message that it follows from.
        item_number: of the item that it is about, where the gateway knows.
    """

    topic: str
    partition: int
    offset: int
    at: datetime
    type: str
    message_id: UUID
    causation_id: UUID | None
    correlation_id: UUID
    subject: str
    actor: str
    item_number: int | None = None

    @classmethod
    def of_record(cls, topic: str, partition: int, offset: int, envelope: Envelope) -> "Step":
        """The step that a record is."""
        return cls(
            topic=topic,
            partition=partition,
            offset=offset,
            at=envelope.time,
            type=envelope.type,
            message_id=envelope.id,
            causation_id=envelope.causationid,
            correlation_id=envelope.correlationid,
            subject=envelope.subject,
            actor=envelope.actor,
        )


def in_order(steps: list[Step]) -> list[Step]:
    """Steps by time; what follows from another stands after it, though clocks differ."""
    by_id = {step.message_id: step for step in steps}
    depth: dict[UUID, int] = {}

    def depth_of(step: Step) -> int:
        """How many known steps lead to this one; a chain is walked without recursion and cannot run in circles."""
        chain: list[UUID] = []
        current: Step | None = step
        while current is not None and current.message_id not in depth and current.message_id not in chain:
            chain.append(current.message_id)
            current = by_id.get(current.causation_id) if current.causation_id else None
        base = depth.get(current.message_id, -1) if current is not None else -1
        for message_id in reversed(chain):
            base += 1
            depth[message_id] = base
        return depth[step.message_id]

    return sorted(steps, key=lambda step: (step.at, depth_of(step), step.topic, step.partition, step.offset))


@dataclass(frozen=True)
class Happening:
    """What became of it, in words: a receipt, a verdict of a rule, a mail."""

    at: datetime
    kind: str
    text: str
    outcome: str
    correlation_id: UUID | None = None


@dataclass(frozen=True)
class Trace:
    """All that is known of a name: the correlations behind it, their steps, what became of them."""

    name: str
    correlations: tuple[UUID, ...]
    items: tuple[int, ...]
    steps: tuple[Step, ...]
    happenings: tuple[Happening, ...]
