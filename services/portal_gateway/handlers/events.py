"""Batches of events into the read model; then every replica is told to look."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from services.portal_gateway.domain.projection import number_of, subject_of
from services.portal_gateway.repository.read_model import ReadModel
from services.portal_gateway.use_cases.project import Projected, project
from shared.contracts.answers import Answer
from shared.messaging.outcomes import Done, Outcome
from shared.messaging.records import Incoming, Record
from shared.postgres.pool import Connection

TOPICS = ("tickets-events", "intake-events", "automation-events", "notifier-events")
Tell = Callable[[Projected], Awaitable[None]]
Hand = Callable[[Iterable[Answer]], None]


def can_wait(record: Record) -> bool:
    """Nobody waits for what rules decided, mails became and doors took; for answers and tickets they do."""
    return record.topic != "tickets-events" and not record.ce_type.endswith(".answered.v1")


class Projector:
    """Projects batches; once each is committed, `hand` has its answers, and `tell` is called for all replicas."""

    def __init__(self, tell: Tell, hand: Hand) -> None:
        self._tell = tell
        self._hand = hand
        self._pending: list[Projected] = []

    async def handle(self, connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        model = ReadModel(connection)
        await model.put_trace([(m, subject_of(m.envelope, m.body), number_of(m.body)) for m in batch])
        self._pending.append(await project(model, [(message.envelope, message.body) for message in batch]))
        return [Done() for _ in batch]

    async def after(self, done: Sequence[Incoming]) -> None:
        """Whoever waits here has the answer itself, from what is committed alone.

        What a rolled-back try projected is among what others are told: a needless look harms nobody.
        """
        self._hand(message.body for message in done if isinstance(message.body, Answer))
        pending, self._pending = self._pending, []
        if not pending:
            # All of it had been projected before, by whoever read these partitions then.
            return
        await self._tell(
            Projected(
                max(projected.feed for projected in pending),
                tuple(dict.fromkeys(a for projected in pending for a in projected.answered)),
                tuple(dict.fromkeys(i for projected in pending for i in projected.items)),
            )
        )
