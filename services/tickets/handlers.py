"""Kafka in: batches of messages and commands to the use case, its decisions back as outcomes."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from services.tickets.domain.workspace import Decision, Refusal
from services.tickets.repository import Repository
from services.tickets.use_cases.handle_batch import Taken, handle_batch
from shared.clock import Clock
from shared.messaging.batch import Handler
from shared.messaging.outcomes import Done, Outcome, Refused, RetryLater
from shared.messaging.records import Incoming
from shared.postgres.pool import Connection

TOPICS = ("intake-messages", "tickets-commands")


def make_handler(clock: Clock) -> Handler:
    """A handler for both topics; nothing is decided before the desk is seeded."""

    async def handle(connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        taken = [Taken(message.envelope, storable(message)) for message in batch]
        decisions = await handle_batch(Repository(connection), taken, clock())
        if decisions is None:
            return [RetryLater("the desk is not seeded yet") for _ in batch]
        return [_outcome(decision) for decision in decisions]

    return handle


def storable(message: Incoming) -> BaseModel:
    """The body without NUL characters, which PostgreSQL keeps in no text; whoever sent them loses nothing else."""
    if b"\\u0000" not in (message.record.value or b""):
        return message.body
    return type(message.body).model_validate(_without_nul(message.body.model_dump(mode="json")))


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(each) for each in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(each) for key, each in value.items()}
    return value


def _outcome(decision: Decision) -> Outcome:
    return Refused(decision.code) if isinstance(decision, Refusal) else Done()
