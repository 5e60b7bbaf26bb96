"""Batches of events into the read model; then every replica is told to look."""

from collections.abc import Awaitable, Callable, Sequence

from services.portal_gateway.domain.projection import number_of, subject_of
from services.portal_gateway.repository.read_model import ReadModel
from services.portal_gateway.use_cases.project import Projected, project
from shared.messaging.outcomes import Done, Outcome
from shared.messaging.records import Incoming
from shared.postgres.pool import Connection

TOPICS = ("tickets-events", "intake-events", "automation-events", "notifier-events")
Tell = Callable[[Projected], Awaitable[None]]


class Projector:
    """Projects batches; `tell` is called once each is committed."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._pending: list[Projected] = []

    async def handle(self, connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        model = ReadModel(connection)
        await model.put_trace([(m, subject_of(m.envelope, m.body), number_of(m.body)) for m in batch])
        self._pending.append(await project(model, [(message.envelope, message.body) for message in batch]))
        return [Done() for _ in batch]

    async def after(self, _done: Sequence[Incoming]) -> None:
        """What a rolled-back try projected is among it: a needless look harms nobody."""
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
