"""Take a batch: queue mails for facts and rules, retry what staff ask for, hear what came back.

Rules:
- Who hears of a fact, and what is too old to be told, is decided when the fact is first seen.
- A retry is answered exactly once; a sent mail is not sent again.
- A report changes the delivery that it is about, and what is known of the address.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel

from services.notifier.domain.desk import Desk
from services.notifier.domain.queueing import Age, Queued, failure_of, from_fact, from_rule, withheld
from services.notifier.domain.reports import bounced, concerned, lifted, retried, suppression_after
from services.notifier.domain.sayings import Saying, answer, delivery_sayings, fact, snapshot
from shared.contracts.answers import NotifierAnswered
from shared.contracts.envelope import Envelope
from shared.contracts.intake import BounceReceived
from shared.contracts.notifier import RetryDelivery, SendMail, SuppressionChanged
from shared.contracts.state import BrandState, DeliveryState, ItemState, MailboxState, Snapshot, SuppressionState
from shared.contracts.tickets import ItemFact


@dataclass(frozen=True)
class Kept:
    """A delivery as it stands, locked, with the item that it is about."""

    delivery: DeliveryState
    began_at: datetime
    item: ItemState


class Store(Protocol):
    """The rows, as this use case needs them."""

    async def keep_references(self, snapshots: Sequence[Snapshot]) -> None:
        """The newest version of each mailbox and brand."""

    async def desk(self) -> Desk:
        """The desk as tickets last told it."""

    async def installed_at(self) -> datetime:
        """When this desk began."""

    async def queue(self, found: Sequence[Queued]) -> list[Queued]:
        """New deliveries are kept, senders woken when the transaction commits; returns those not there before."""

    async def suppressed(self, addresses: Collection[str]) -> set[str]:
        """Those of these addresses that mails no longer go to."""

    async def delivery(self, delivery_id: UUID) -> Kept | None:
        """A delivery, locked."""

    async def deliveries_of_message(self, rfc_message_id: str) -> list[Kept]:
        """The deliveries that went out under a Message-ID, locked."""

    async def put(self, delivery: DeliveryState, began_at: datetime) -> None:
        """A delivery as a command or a report leaves it; whoever sends it now keeps it in hand."""

    async def suppression(self, address: str) -> SuppressionState | None:
        """What is known of an address, locked."""

    async def save_suppression(self, suppression: SuppressionState) -> None:
        """The newest state of an address."""

    async def say(self, sayings: Sequence[Saying]) -> None:
        """Publish when the transaction commits, in this order."""


@dataclass(frozen=True)
class Taken:
    """One message to handle."""

    envelope: Envelope
    body: BaseModel


async def handle_batch(store: Store, batch: Sequence[Taken], now: datetime, max_age: timedelta) -> None:
    """Everything of the batch is decided and recorded.

    Args:
        store: rows of the current transaction.
        batch: new messages, those of a partition in order.
        now: the moment that all of them are decided at.
        max_age: a cause older than this is told to nobody.
    """
    await store.keep_references([t.body for t in batch if isinstance(t.body, MailboxState | BrandState)])
    desk = await store.desk()
    age = Age(now, max_age, await store.installed_at())
    found: list[Queued] = []
    for taken in batch:
        if isinstance(taken.body, ItemFact):
            found += from_fact(desk, taken.envelope, taken.body, age)
        elif isinstance(taken.body, SendMail):
            found += from_rule(desk, taken.envelope, taken.body, age)
    await queue(store, found, now)
    for taken in batch:
        if isinstance(taken.body, RetryDelivery):
            await _retry(store, taken.envelope, taken.body, now)
        elif isinstance(taken.body, BounceReceived):
            await _hear_report(store, desk, taken.envelope, taken.body, now)


async def queue(store: Store, found: Sequence[Queued], now: datetime) -> None:
    """Deliveries that are new are kept and told; those to suppressed addresses are kept as withheld."""
    if not found:
        return
    once = {queued.delivery.id: queued for queued in found}.values()
    gone = await store.suppressed({queued.delivery.recipient.address.lower() for queued in once})
    made = await store.queue([withheld(queued, gone) for queued in once])
    await store.say([saying for q in made for saying in delivery_sayings(q.delivery, q.cause, now)])


async def _retry(store: Store, envelope: Envelope, command: RetryDelivery, now: datetime) -> None:
    kept = await store.delivery(command.delivery_id)
    key = str(command.item_id)
    refusal = _refusal(kept, envelope, command)
    if kept is None or refusal is not None:
        await store.say([answer(envelope, refusal or _not_found(envelope), key, now)])
        return
    delivery = retried(kept.delivery, now)
    # What still waits in the queue keeps its age; only what had come to an end begins anew.
    await store.put(delivery, kept.began_at if kept.delivery.status == "queued" else now)
    known = await store.suppression(delivery.recipient.address.lower())
    if known is not None and known.active:
        await _suppress(store, envelope, delivery, lifted(known, now), now)
    done = NotifierAnswered(command_id=envelope.id, outcome="done", result={"delivery_id": str(delivery.id)})
    await store.say([*delivery_sayings(delivery, envelope, now), answer(envelope, done, key, now)])


def _refusal(kept: Kept | None, envelope: Envelope, command: RetryDelivery) -> NotifierAnswered | None:
    if not envelope.actor.startswith(("agent:", "system:")):
        return _refused(envelope, "forbidden", "Only staff send a mail again.")
    if kept is None or kept.delivery.item_id != command.item_id:
        return _not_found(envelope)
    if kept.delivery.status == "sent":
        return _refused(envelope, "not_failed", "It was sent; there is nothing to retry.")
    return None


def _not_found(envelope: Envelope) -> NotifierAnswered:
    return _refused(envelope, "not_found", "There is no such delivery.")


def _refused(envelope: Envelope, code: str, text: str) -> NotifierAnswered:
    return NotifierAnswered(command_id=envelope.id, outcome="refused", code=code, text=text)


async def _hear_report(store: Store, desk: Desk, envelope: Envelope, report: BounceReceived, now: datetime) -> None:
    """The deliveries that a report is about are as it says: by our own envelope sender, else by Message-ID."""
    if report.delivery_id is not None:
        kept = await store.delivery(report.delivery_id)
        candidates = [kept] if kept else []
    else:
        candidates = await store.deliveries_of_message(report.original_message_id or "")
    for kept in candidates:
        recipient = concerned(kept.delivery, report.recipients, alone=len(candidates) == 1)
        if recipient is None:
            continue
        delivery = bounced(kept.delivery, recipient, now)
        await store.put(delivery, kept.began_at)
        await store.say(delivery_sayings(delivery, envelope, now))
        address = delivery.recipient.address.lower()
        changed = suppression_after(await store.suppression(address), address, recipient, now)
        await _suppress(store, envelope, delivery, changed, now)
        failure = failure_of(desk, envelope, delivery, kept.item, now)
        if failure is not None and kept.delivery.status != "failed":
            await queue(store, [failure], now)


async def _suppress(
    store: Store, cause: Envelope, delivery: DeliveryState, changed: SuppressionState, now: datetime
) -> None:
    await store.save_suppression(changed)
    purpose = f"suppression:{changed.address}:{changed.version}"
    told = fact(cause, purpose, SuppressionChanged(suppression=changed), str(delivery.item_id), changed, now)
    await store.say([told, snapshot(cause, changed, now)])
