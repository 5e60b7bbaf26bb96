"""Kafka in: batches of messages and commands to the use case, its decisions back as outcomes."""

from collections.abc import Sequence

from services.tickets.domain.workspace import Decision, Refusal, Wait
from services.tickets.repository import Numbers, Repository
from services.tickets.use_cases.handle_batch import Taken, handle_batch
from shared.clock import Clock
from shared.messaging.batch import Handler
from shared.messaging.outcomes import Done, Outcome, Refused, RetryLater
from shared.messaging.records import Incoming
from shared.postgres.pool import Connection

TOPICS = ("intake-messages", "tickets-commands")


def make_handler(clock: Clock) -> Handler:
    """A handler for both topics; nothing is decided before the desk is seeded."""
    numbers = Numbers()

    async def handle(connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        if not await connection.fetchval("select exists (select from setup where kind = 'type')"):
            return [RetryLater("the desk is not seeded yet") for _ in batch]
        taken = [Taken(message.envelope, message.body) for message in batch]
        decisions = await handle_batch(Repository(connection, numbers), taken, clock())
        return [_outcome(decision) for decision in decisions]

    return handle


def _outcome(decision: Decision) -> Outcome:
    if isinstance(decision, Wait):
        return RetryLater(decision.reason)
    return Refused(decision.code) if isinstance(decision, Refusal) else Done()
