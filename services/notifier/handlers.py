"""Kafka in: facts and rules' mails become deliveries, reports and retries change them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.notifier import repository as rows
from services.notifier.domain.mail import Desk
from services.notifier.settings import NotifierSettings
from services.notifier.use_cases.queue import Queued, from_fact, from_rule
from services.notifier.use_cases.report import bounced, retried, suppression_after
from shared.clock import Clock
from shared.contracts.answers import NotifierAnswered
from shared.contracts.envelope import Envelope
from shared.contracts.intake import BounceReceived
from shared.contracts.notifier import RetryDelivery, SendMail, SuppressionChanged
from shared.contracts.state import BrandState, MailboxState
from shared.contracts.tickets import ItemFact
from shared.messaging.outbox import Outgoing, add
from shared.messaging.outcomes import Done, Outcome
from shared.messaging.records import Incoming, Record
from shared.postgres.pool import Connection
from shared.secrets import Keys

TOPICS = ("tickets-events", "notifier-commands", "intake-events", "tickets-state")
WAKE = "notify deliveries"
_KINDS = (b"mailbox:", b"brand:")


def wanted(record: Record) -> bool:
    """Of what tickets keeps, notifier copies mailboxes and brand."""
    return record.topic != "tickets-state" or (record.key or b"").startswith(_KINDS)


class NotifierHandler:
    """Takes batches."""

    def __init__(self, settings: NotifierSettings, keys: Keys, clock: Clock) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._max_age = timedelta(hours=settings.notifier_effects_max_age_hours)

    async def desk(self, connection: Connection) -> Desk:
        """What mails need to know, as of this transaction."""
        mailboxes, name = await rows.load_references(connection)
        return Desk(self._keys, self._settings.mail_domain, self._settings.public_url, name, mailboxes)

    async def handle(self, connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        now = self._clock()
        await rows.save_references(connection, [m.body for m in batch if isinstance(m.body, MailboxState | BrandState)])
        desk = await self.desk(connection)
        found: list[Queued] = []
        said: list[Outgoing] = []
        for message in batch:
            if isinstance(message.body, ItemFact):
                found += from_fact(desk, message.envelope, message.body, now, self._max_age)
            elif isinstance(message.body, SendMail):
                found += from_rule(desk, message.envelope, message.body, now, self._max_age)
            elif isinstance(message.body, RetryDelivery):
                said += await self._retry(connection, message.envelope, message.body, now)
            elif isinstance(message.body, BounceReceived):
                said += await self._bounce(connection, message.envelope, message.body, now)
        said += await self._queue(connection, found, now)
        await add(connection, said)
        if said:
            await connection.execute(WAKE)
        return [Done() for _ in batch]

    async def _queue(self, connection: Connection, found: list[Queued], now: datetime) -> list[Outgoing]:
        gone = await rows.suppressed(connection, {q.delivery.recipient.address.lower() for q in found})
        kept = [_suppressed(q) if q.delivery.recipient.address.lower() in gone else q for q in found]
        return [
            message
            for q in await rows.queue(connection, kept)
            for message in rows.delivery_messages(q.delivery, q.cause, now)
        ]

    async def _retry(
        self, connection: Connection, envelope: Envelope, command: RetryDelivery, now: datetime
    ) -> list[Outgoing]:
        kept = await rows.load_delivery(connection, command.delivery_id)
        key = str(command.item_id)
        if kept is None or kept.delivery.status not in {"failed", "expired", "suppressed"}:
            code = "not_found" if kept is None else "not_failed"
            text = "There is no such delivery." if kept is None else f"It is {kept.delivery.status}; nothing to retry."
            answer = NotifierAnswered(command_id=envelope.id, outcome="refused", code=code, text=text)
            return [rows.outgoing(envelope, "answer", answer, key, now)]
        delivery = retried(kept.delivery, now)
        await rows.put(connection, delivery, now)
        answer = NotifierAnswered(command_id=envelope.id, outcome="done", result={"delivery_id": str(delivery.id)})
        return [*rows.delivery_messages(delivery, envelope, now), rows.outgoing(envelope, "answer", answer, key, now)]

    async def _bounce(
        self, connection: Connection, envelope: Envelope, report: BounceReceived, now: datetime
    ) -> list[Outgoing]:
        if report.delivery_id is not None:
            kept = await rows.load_delivery(connection, report.delivery_id)
            concerned = [kept] if kept else []
        else:
            concerned = await rows.deliveries_of_message(connection, report.original_message_id or "")
        said: list[Outgoing] = []
        for recipient in report.recipients:
            address = recipient.recipient.lower()
            for kept in concerned:
                alone = len(concerned) == 1 and len(report.recipients) == 1
                if not alone and kept.delivery.recipient.address.lower() != address:
                    continue
                delivery = bounced(kept.delivery, recipient, now)
                await rows.put(connection, delivery, kept.began_at)
                said += rows.delivery_messages(delivery, envelope, now)
                known = await rows.load_suppression(connection, kept.delivery.recipient.address.lower())
                changed = suppression_after(known, kept.delivery.recipient.address.lower(), recipient, now)
                await rows.save_suppression(connection, changed)
                told = rows.outgoing(
                    envelope,
                    f"suppression:{address}",
                    SuppressionChanged(suppression=changed),
                    str(kept.delivery.item_id),
                    now,
                )
                said += [told, rows.snapshot_message(changed, envelope, changed.state_key(), now)]
        return said


def _suppressed(queued: Queued) -> Queued:
    delivery = queued.delivery.model_copy(
        update={
            "status": "suppressed",
            "reason": "mails to this address came back for good",
            "next_attempt_at": None,
        }
    )
    return Queued(queued.cause, queued.cause_id, delivery, queued.content)
