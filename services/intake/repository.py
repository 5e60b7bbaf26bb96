"""Rows of the ledger, the quarantine and the reference copies; no rule."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from services.intake.domain.facts import Arrival
from services.intake.use_cases.ledger import Known, Said
from services.intake.use_cases.quarantine import Quarantined
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageReceived
from shared.contracts.state import FormState, MailboxState, QuarantineState, ReceiptState, Snapshot
from shared.ids import derived_id
from shared.messaging.outbox import Outgoing, add
from shared.postgres.pool import Connection, Json
from shared.postgres.statements import Statements

sql = Statements("services.intake")
SOURCE = "/deskstream/intake"


class References(NamedTuple):
    """What tickets tells, by key."""

    mailboxes: dict[str, MailboxState]
    forms: dict[str, FormState]


@lru_cache(maxsize=4)
def _references(rows: tuple[tuple[str, str], ...]) -> References:
    """What these rows tell; they hardly ever change, and each batch asks for them."""
    mailboxes = [MailboxState.model_validate_json(state) for kind, state in rows if kind == "mailbox"]
    forms = [FormState.model_validate_json(state) for kind, state in rows if kind == "form"]
    return References({each.key: each for each in mailboxes}, {each.key: each for each in forms})


class Repository:
    """The rows of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    async def references(self) -> References:
        """Our mailboxes and forms as tickets last told them, by key."""
        return _references(tuple((row["kind"], row["state"]) for row in await self._db.fetch(sql.references)))

    async def save_references(self, snapshots: Sequence[Snapshot]) -> None:
        newest = {s.state_key(): s for s in sorted(snapshots, key=lambda s: s.version)}
        if newest:
            kinds, ids = zip(*(key.split(":", 1) for key in newest), strict=True)
            versions = [s.version for s in newest.values()]
            states = [Json(s.model_dump_json()) for s in newest.values()]
            await self._db.execute(sql.save_references, list(kinds), list(ids), versions, states)

    async def claim(self, messages: Sequence[MessageReceived]) -> dict[str, Known]:
        """Each key with who brought it first; keys are claimed in their order, so that batches never deadlock."""
        first: dict[str, MessageReceived] = {}
        for message in messages:
            first.setdefault(message.dedupe_key, message)
        if not first:
            return {}
        ordered = [first[key] for key in sorted(first)]
        claimed = await self._db.fetch(
            sql.claim_messages,
            [m.dedupe_key for m in ordered],
            [m.receipt_id for m in ordered],
            [m.message_id for m in ordered],
            [",".join(m.mailboxes) for m in ordered],
        )
        new = {row["dedupe_key"] for row in claimed}
        known = {key: Known(first[key].receipt_id, first[key].mailboxes) for key in new}
        if len(new) < len(first):
            rows = await self._db.fetch(sql.known_messages, sorted(first.keys() - new))
            known |= {row["dedupe_key"]: Known(row["receipt_id"], tuple(row["mailboxes"])) for row in rows}
        return known

    async def reused_ids(self, messages: Sequence[MessageReceived]) -> set[str]:
        ids = [m.message_id for m in messages if m.message_id]
        if not ids:
            return set()
        rows = await self._db.fetch(sql.known_message_ids, ids, [m.dedupe_key for m in messages])
        return {row["message_id"] for row in rows}

    async def add_mailbox(self, key: str, mailbox: str) -> None:
        await self._db.execute(sql.add_mailbox, key, mailbox)

    async def quarantined(self, receipt_id: UUID) -> Quarantined | None:
        row = await self._db.fetchrow(sql.quarantined, receipt_id)
        receipt = await self._db.fetchrow(sql.receipt, receipt_id)
        if row is None or receipt is None:
            return None
        return Quarantined(
            QuarantineState.model_validate(row["state"]),
            read_arrival(row["arrival"]),
            ReceiptState.model_validate(receipt["state"]),
        )

    async def arrival(self, receipt_id: UUID) -> Arrival | None:
        """How a quarantined mail came; takes no lock, for reading ahead of the transaction."""
        arrival = await self._db.fetchval(sql.arrival, receipt_id)
        return None if arrival is None else read_arrival(arrival)

    async def record(self, said: Said, now: datetime) -> None:
        """Everything that the batch keeps and says."""
        receipts = {receipt.id: receipt for receipt in said.receipts}
        if receipts:
            rows = list(receipts.values())
            await self._db.execute(
                sql.save_receipts,
                [r.id for r in rows],
                [r.version for r in rows],
                [Json(r.model_dump_json()) for r in rows],
            )
        for state, arrival in said.quarantined:
            values = {
                **asdict(arrival),
                "receipt_id": str(arrival.receipt_id),
                "accepted_at": arrival.accepted_at.isoformat(),
            }
            await self._db.execute(sql.save_quarantine, state.id, state.version, Json(state.model_dump_json()), values)
        messages = [
            Outgoing(body.topic, key, _envelope(cause, purpose, body.ce_type, now), body)
            for cause, body, key, purpose in said.messages
        ]
        messages += [_snapshot(cause, snapshot, now) for cause, snapshot in said.snapshots]
        await add(self._db, messages)


def read_arrival(values: dict[str, object]) -> Arrival:
    """An arrival as the quarantine keeps it."""
    return Arrival(
        receipt_id=UUID(str(values["receipt_id"])),
        door=str(values["door"]),
        mail_from=str(values["mail_from"]),
        rcpt_to=tuple(str(r) for r in values["rcpt_to"]),  # type: ignore[attr-defined] # a JSON list
        size_bytes=int(str(values["size_bytes"])),
        accepted_at=datetime.fromisoformat(str(values["accepted_at"])),
        raw_blob=str(values["raw_blob"]),
    )


def _envelope(cause: Envelope, purpose: str, ce_type: str, now: datetime) -> Envelope:
    # What a release says derives from the receipt, not from the command: twice is one message.
    origin, name = (
        (UUID(purpose.partition(":")[2]), "message") if purpose.startswith("release:") else (cause.id, purpose)
    )
    return Envelope(
        id=derived_id(origin, name),
        type=ce_type,
        source=SOURCE,
        time=now,
        subject=f"receipt:{cause.correlationid}",
        correlationid=origin if purpose.startswith("release:") else cause.correlationid,
        causationid=cause.id,
        actor="system:intake" if not cause.actor.startswith("agent:") or name == "message" else cause.actor,
        traceparent=cause.traceparent,
        accepted_at=cause.accepted_at,
    )


def _snapshot(cause: Envelope, snapshot: Snapshot, now: datetime) -> Outgoing:
    key = snapshot.state_key()
    envelope = _envelope(cause, f"state:{key}:{snapshot.version}", f"deskstream.state.{snapshot.kind_name}.v1", now)
    return Outgoing("intake-state", key, envelope.model_copy(update={"sequence": snapshot.version}), snapshot)
