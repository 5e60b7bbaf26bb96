"""Rows of deliveries, suppressions and reference copies; no rule."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifier.use_cases.queue import Content, Queued
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.notifier import DeliveryAttempted, DeliveryFact, DeliveryFailed, DeliveryQueued, DeliverySent
from shared.contracts.state import DeliveryState, MailboxState, Snapshot, SuppressionState
from shared.ids import derived_id
from shared.messaging.outbox import Outgoing
from shared.postgres.pool import Connection, Json
from shared.postgres.statements import Statements

sql = Statements("services.notifier")
SOURCE = "/deskstream/notifier"


@dataclass(frozen=True)
class Claimed:
    """A delivery that this sender works on."""

    delivery: DeliveryState
    content: Content
    began_at: datetime
    correlation_id: UUID


@dataclass(frozen=True)
class Kept:
    """A delivery as it stands, with what retries need."""

    delivery: DeliveryState
    began_at: datetime
    correlation_id: UUID


async def load_references(connection: Connection) -> tuple[dict[str, MailboxState], str]:
    """Our mailboxes by key, and the name that mails go out under."""
    mailboxes, name = {}, "Support"
    for row in await connection.fetch(sql.references):
        if row["kind"] == "mailbox":
            mailboxes[row["state"]["key"]] = MailboxState.model_validate(row["state"])
        else:
            name = row["state"]["name"]
    return mailboxes, name


async def save_references(connection: Connection, snapshots: Sequence[Snapshot]) -> None:
    newest = {s.state_key(): s for s in sorted(snapshots, key=lambda s: s.version)}
    if newest:
        kinds, ids = zip(*(key.split(":", 1) for key in newest), strict=True)
        states = [Json(s.model_dump_json()) for s in newest.values()]
        await connection.execute(
            sql.save_references, list(kinds), list(ids), [s.version for s in newest.values()], states
        )


async def suppressed(connection: Connection, addresses: set[str]) -> set[str]:
    rows = await connection.fetch(sql.suppressed, sorted(addresses)) if addresses else []
    return {row["address"] for row in rows}


async def queue(connection: Connection, found: Sequence[Queued]) -> list[Queued]:
    """Keep new deliveries; returns those that were not there yet."""
    if not found:
        return []
    rows = [
        {
            "id": str(q.delivery.id),
            "cause_id": str(q.cause_id),
            "person_id": str(q.delivery.recipient.id),
            "kind": q.delivery.kind,
            "item_id": str(q.delivery.item_id),
            "rfc_message_id": q.delivery.rfc_message_id,
            "status": q.delivery.status,
            "began_at": q.delivery.created_at.isoformat(),
            "due_at": q.delivery.next_attempt_at.isoformat() if q.delivery.next_attempt_at else None,
            "correlation_id": str(q.cause.correlationid),
            "state": q.delivery.model_dump(mode="json"),
            "content": q.content.model_dump(mode="json"),
        }
        for q in found
    ]
    made = {row["id"] for row in await connection.fetch(sql.queue, Json(json.dumps(rows)))}
    return [q for q in found if q.delivery.id in made]


async def claim(connection: Connection, owner: str, now: datetime, seconds: float, count: int) -> list[Claimed]:
    """Take due deliveries for this sender."""
    rows = await connection.fetch(sql.claim, owner, now, float(seconds), count)
    return [
        Claimed(
            DeliveryState.model_validate(row["state"]),
            Content.model_validate(row["content"]),
            row["began_at"],
            row["correlation_id"],
        )
        for row in rows
    ]


async def load_delivery(connection: Connection, delivery_id: UUID) -> Kept | None:
    row = await connection.fetchrow(sql.delivery, delivery_id)
    return None if row is None else _kept(row)


async def deliveries_of_message(connection: Connection, rfc_message_id: str) -> list[Kept]:
    return [_kept(row) for row in await connection.fetch(sql.deliveries_of_message, rfc_message_id)]


async def put(connection: Connection, delivery: DeliveryState, began_at: datetime) -> None:
    await connection.execute(
        sql.put,
        delivery.id,
        delivery.status,
        delivery.next_attempt_at,
        delivery.version,
        Json(delivery.model_dump_json()),
        began_at,
    )


async def load_suppression(connection: Connection, address: str) -> SuppressionState | None:
    row = await connection.fetchrow(sql.suppression, address)
    return None if row is None else SuppressionState.model_validate(row["state"])


async def save_suppression(connection: Connection, suppression: SuppressionState) -> None:
    await connection.execute(
        sql.save_suppression, suppression.address, suppression.version, Json(suppression.model_dump_json())
    )


def _kept(row: Any) -> Kept:
    return Kept(DeliveryState.model_validate(row["state"]), row["began_at"], row["correlation_id"])


_FACTS: dict[str, type[DeliveryFact]] = {"sent": DeliverySent, "failed": DeliveryFailed}


def delivery_messages(delivery: DeliveryState, cause: Envelope, now: datetime) -> list[Outgoing]:
    """The fact that a delivery is as it is now, and its snapshot."""
    kind = _FACTS.get(delivery.status, DeliveryAttempted if delivery.attempts else DeliveryQueued)
    key = delivery.state_key()
    told = outgoing(
        cause,
        f"delivery:{delivery.id}:{delivery.version}",
        kind(delivery=delivery),
        str(delivery.item_id),
        now,
        delivery.version,
    )
    return [told, snapshot_message(delivery, cause, key, now)]


def outgoing(
    cause: Envelope, purpose: str, body: Message, key: str, now: datetime, sequence: int | None = None
) -> Outgoing:
    envelope = Envelope(
        id=derived_id(cause.id, purpose),
        type=body.ce_type,
        source=SOURCE,
        time=now,
        subject=key,
        correlationid=cause.correlationid,
        causationid=cause.id,
        actor="system:notifier",
        sequence=sequence,
        traceparent=cause.traceparent,
        accepted_at=cause.accepted_at,
    )
    return Outgoing(body.topic, key, envelope, body)


def snapshot_message(snapshot: Snapshot, cause: Envelope, key: str, now: datetime) -> Outgoing:
    envelope = Envelope(
        id=derived_id(cause.id, f"state:{key}:{snapshot.version}"),
        type=f"deskstream.state.{snapshot.kind_name}.v1",
        source=SOURCE,
        time=now,
        subject=key,
        correlationid=cause.correlationid,
        causationid=cause.id,
        actor="system:notifier",
        sequence=snapshot.version,
    )
    return Outgoing("notifier-state", key, envelope, snapshot)
