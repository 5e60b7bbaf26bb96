"""Kafka in: batches of facts, answers, reference copies and commands about rules, to the one use case."""

from collections.abc import Sequence
from datetime import timedelta

from services.automation.repository import Repository, RuleCache
from services.automation.use_cases.handle_batch import Taken, handle_batch
from shared.clock import Clock
from shared.messaging.batch import Handler
from shared.messaging.outcomes import Done, Outcome, RetryLater
from shared.messaging.records import Incoming, Record
from shared.postgres.pool import Connection

TOPICS = ("tickets-events", "automation-commands", "tickets-state")
_KINDS = (b"type:", b"team:", b"mailbox:")


def wanted(record: Record) -> bool:
    """Of what tickets keeps, automation copies types, teams and mailboxes; the rest is passed over undecoded."""
    return record.topic != "tickets-state" or (record.key or b"").startswith(_KINDS)


def make_handler(clock: Clock, max_age: timedelta) -> Handler:
    """A handler of all topics; nothing is decided before the desk is seeded."""
    cache = RuleCache()

    async def handle(connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        taken = [Taken(message.envelope, message.body) for message in batch]
        if await handle_batch(Repository(connection, cache), taken, clock(), max_age):
            return [Done() for _ in batch]
        return [RetryLater("the desk is not seeded yet") for _ in batch]

    return handle
