"""Rows of deliveries, letters, suppressions and reference copies; no rule about mails."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from services.notifier.domain.desk import Desk, House
from services.notifier.domain.queueing import Queued
from services.notifier.domain.sayings import Saying
from services.notifier.use_cases.deliver import Claimed, Finished, Held
from services.notifier.use_cases.handle_batch import Kept
from shared.contracts.envelope import Envelope
from shared.contracts.state import (
    BrandState,
    DeliveryState,
    ItemState,
    MailboxState,
    MessageState,
    Snapshot,
    SuppressionState,
)
from shared.messaging.outbox import Outgoing, add
from shared.postgres.pool import Connection, Json
from shared.postgres.statements import Statements

sql = Statements("services.notifier")
CHANNEL = "deliveries"
_MAIN_BRAND = "main"


class Repository:
    """The rows of one transaction."""

    def __init__(self, connection: Connection, house: House) -> None:
        self._db = connection
        self._house = house

    async def keep_references(self, snapshots: Sequence[Snapshot]) -> None:
        newest = {s.state_key(): s for s in sorted(snapshots, key=lambda s: s.version)}
        if newest:
            kinds, ids = zip(*(key.split(":", 1) for key in sorted(newest)), strict=True)
            states = [newest[key] for key in sorted(newest)]
            dumped = [_json(s) for s in states]
            await self._db.execute(sql.keep_references, kinds, ids, [s.version for s in states], dumped)

    async def desk(self) -> Desk:
        rows = await self._db.fetch(sql.references)
        return _desk(self._house, tuple((row["kind"], row["id"], row["state"]) for row in rows))

    async def installed_at(self) -> datetime:
        found: datetime = await self._db.fetchval(sql.installed_at)
        return found

    async def queue(self, found: Sequence[Queued]) -> list[Queued]:
        letters = {q.contents.cause_id: q.contents for q in found}
        kept = [letters[cause] for cause in sorted(letters)]
        new = sorted(found, key=lambda q: q.delivery.id)
        rows = await self._db.fetch(
            sql.queue,
            [c.cause_id for c in kept],
            [_json(c.item) for c in kept],
            [None if c.message is None else _json(c.message) for c in kept],
            [q.delivery.id for q in new],
            [q.contents.cause_id for q in new],
            [q.delivery.recipient.id for q in new],
            [q.delivery.kind for q in new],
            [q.delivery.rfc_message_id for q in new],
            [q.delivery.status for q in new],
            [q.delivery.next_attempt_at for q in new],
            [q.delivery.created_at for q in new],
            [_json(q.cause) for q in new],
            [_json(q.delivery) for q in new],
        )
        made = {row["id"] for row in rows}
        return [queued for queued in found if queued.delivery.id in made]

    async def suppressed(self, addresses: Collection[str]) -> set[str]:
        return {row["address"] for row in await self._db.fetch(sql.suppressed, list(addresses))}

    async def delivery(self, delivery_id: UUID) -> Kept | None:
        row = await self._db.fetchrow(sql.delivery, delivery_id)
        return None if row is None else _kept(row)

    async def deliveries_of_message(self, rfc_message_id: str) -> list[Kept]:
        return [_kept(row) for row in await self._db.fetch(sql.deliveries_of_message, rfc_message_id)]

    async def put(self, delivery: DeliveryState, began_at: datetime) -> None:
        await self._db.execute(
            sql.put,
            delivery.id,
            delivery.status,
            delivery.next_attempt_at,
            delivery.version,
            _json(delivery),
            began_at,
        )
        await self._db.execute(f"notify {CHANNEL}")

    async def suppression(self, address: str) -> SuppressionState | None:
        row = await self._db.fetchrow(sql.suppression, address)
        return None if row is None else SuppressionState.model_validate(row["state"])

    async def save_suppression(self, suppression: SuppressionState) -> None:
        await self._db.execute(sql.save_suppression, suppression.address, suppression.version, _json(suppression))

    async def say(self, sayings: Sequence[Saying]) -> None:
        await add(self._db, [Outgoing(s.topic, s.key, s.envelope, s.body) for s in sayings])

    async def claim(
        self, owner: str, now: datetime, seconds: float, count: int, in_hand: Collection[UUID]
    ) -> list[Claimed]:
        """Take due deliveries for a sender, but those that it has in hand already."""
        return [_claimed(row) for row in await self._db.fetch(sql.claim, owner, now, seconds, count, list(in_hand))]

    async def held(self, claimed: Sequence[Claimed], owner: str) -> dict[UUID, Held]:
        """Of these deliveries those that this sender still holds, locked, as they are by now."""
        known = {one.delivery.id: one.delivery for one in claimed}
        versions = [delivery.version for delivery in known.values()]
        rows = await self._db.fetch(sql.held, list(known), versions, owner)
        return {
            row["id"]: Held(
                known[row["id"]] if row["state"] is None else DeliveryState.model_validate_json(row["state"]),
                row["began_at"],
            )
            for row in rows
        }

    async def note(self, delivery: DeliveryState) -> None:
        """What is known of a delivery while it is being sent."""
        await self._db.execute(sql.note, delivery.id, delivery.version, _json(delivery))

    async def finish(self, finished: Sequence[Finished]) -> None:
        """These attempts have ended, their leases with them."""
        deliveries = [each.delivery for each in finished]
        await self._db.execute(
            sql.finish,
            [delivery.id for delivery in deliveries],
            [delivery.status for delivery in deliveries],
            [delivery.next_attempt_at for delivery in deliveries],
            [delivery.version for delivery in deliveries],
            [_json(delivery) for delivery in deliveries],
            [each.awaits_server for each in finished],
        )


@lru_cache(maxsize=4)
def _desk(house: House, references: tuple[tuple[str, str, str], ...]) -> Desk:
    """The desk that these rows tell of; they hardly ever change, and each batch asks for them."""
    mailboxes, names = {}, {}
    for kind, key, state in references:
        if kind == "mailbox":
            mailboxes[key] = MailboxState.model_validate_json(state)
        else:
            names[key] = BrandState.model_validate_json(state).name
    return Desk(house, names.get(_MAIN_BRAND, next(iter(names.values()), "Support")), mailboxes)


def _kept(row: Any) -> Kept:
    return Kept(DeliveryState.model_validate(row["state"]), row["began_at"], ItemState.model_validate(row["item"]))


def _claimed(row: Any) -> Claimed:
    message = row["message"]
    return Claimed(
        DeliveryState.model_validate_json(row["state"]),
        ItemState.model_validate_json(row["item"]),
        None if message is None else MessageState.model_validate_json(message),
        row["began_at"],
        Envelope.model_validate_json(row["cause"]),
        row["interrupted"],
    )


def _json(state: Any) -> Json:
    return Json(state.model_dump_json())
