"""Kafka in: batches of facts, rules' mails, retries, reports and reference copies, to the one use case."""

from collections.abc import Sequence
from datetime import timedelta

from services.notifier.domain.audience import mails_nobody
from services.notifier.domain.desk import House
from services.notifier.repository import Repository
from services.notifier.use_cases.handle_batch import Taken, handle_batch
from shared.clock import Clock
from shared.contracts.answers import TicketsAnswered
from shared.contracts.intake import QuarantineChanged, ReceiptRecorded
from shared.contracts.tickets import MessageHeld, MessageSplit, ReferenceChanged
from shared.messaging.batch import Handler
from shared.messaging.outcomes import Done, Outcome
from shared.messaging.records import Incoming, Record
from shared.postgres.pool import Connection

TOPICS = ("tickets-events", "notifier-commands", "intake-events", "tickets-setup")
_KINDS = (b"mailbox:", b"brand:")


#: What mails nobody. Most facts about a mail are of these types; each would be a claim, most a transaction.
_MAIL_NOBODY = frozenset(
    each.ce_type
    for each in (TicketsAnswered, ReferenceChanged, ReceiptRecorded, QuarantineChanged, MessageHeld, MessageSplit)
)


def wanted(record: Record) -> bool:
    """Of what tickets keeps, notifier copies mailboxes and brands; that, and what mails nobody, is passed over."""
    if record.topic == "tickets-setup":
        return (record.key or b"").startswith(_KINDS)
    ce_type = record.ce_type
    return ce_type not in _MAIL_NOBODY and not mails_nobody(ce_type, record.value or b"")


def make_handler(house: House, clock: Clock, max_age: timedelta) -> Handler:
    """A handler of all topics."""

    async def handle(connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        taken = [Taken(message.envelope, message.body) for message in batch]
        await handle_batch(Repository(connection, house), taken, clock(), max_age)
        return [Done() for _ in batch]

    return handle
