"""Kafka in: batches of facts, answers, reference copies and commands about rules, to the one use case."""

from collections.abc import Sequence
from datetime import timedelta

from services.automation.repository import Repository, RuleCache
from services.automation.use_cases.handle_batch import Taken, handle_batch
from shared.clock import Clock
from shared.contracts.answers import TicketsAnswered
from shared.contracts.tickets import ReferenceChanged
from shared.messaging.batch import Handler
from shared.messaging.outcomes import Done, Outcome, RetryLater
from shared.messaging.records import Incoming, Record
from shared.postgres.pool import Connection

TOPICS = ("tickets-events", "automation-commands", "tickets-setup")
_KINDS = (b"type:", b"team:", b"mailbox:")


def wanted(record: Record) -> bool:
    """What rules are about; the rest is passed over undecoded.

    Of what tickets keeps, automation copies types, teams and mailboxes. People that became known, and answers to others
    than rules, concern no rule.
    """
    if record.topic == "tickets-setup":
        return (record.key or b"").startswith(_KINDS)
    if record.ce_type == TicketsAnswered.ce_type:
        return record.ce_actor.startswith("rule:")
    return record.ce_type != ReferenceChanged.ce_type


def make_handler(clock: Clock, max_age: timedelta) -> Handler:
    """A handler of all topics; nothing is decided before the desk is seeded."""
    cache = RuleCache()

    async def handle(connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        taken = [Taken(message.envelope, message.body) for message in batch]
        if await handle_batch(Repository(connection, cache), taken, clock(), max_age):
            return [Done() for _ in batch]
        return [RetryLater("the desk is not seeded yet") for _ in batch]

    return handle
