"""Writes the read model: snapshots by version, answers, the feed, the trace index."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.portal_gateway.domain.projection import FeedLine, newest
from shared.contracts.answers import Answer
from shared.contracts.state import Snapshot
from shared.messaging.records import Incoming
from shared.postgres.pool import Connection, Json
from shared.postgres.statements import Statements

sql = Statements("services.portal_gateway.queries", "project.sql")

#: The tables of the read model, as a migration and a rebuild make them.
READ_MODEL_FILE = Path(__file__).parents[1] / "read_model.sql"
#: Key of the lock between batches of the projection and a rebuild's swap; of this database alone.
PROJECTION_LOCK = 5_210_044_201

#: Statement by the kind of snapshot, in the order in which batches take their locks.
_PUT = {
    "person": "put_person",
    "organisation": "put_organisation",
    "team": "put_setup",
    "type": "put_setup",
    "form": "put_setup",
    "brand": "put_setup",
    "mailbox": "put_setup",
    "item": "put_item",
    "message": "put_message",
    "change": "put_change",
    "rule": "put_rule",
    "decision": "put_decision",
    "delivery": "put_delivery",
    "suppression": "put_suppression",
    "receipt": "put_receipt",
    "quarantine": "put_quarantine",
}


class ReadModel:
    """The read model in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    async def share(self) -> None:
        """A rebuild's swap waits until this transaction ends."""
        await self._db.execute(sql.share_projection, PROJECTION_LOCK)

    async def put(self, snapshots: Sequence[Snapshot]) -> None:
        """Newer snapshots stand, older ones change nothing."""
        by_kind = newest(list(snapshots))
        for kind in sorted(by_kind, key=list(_PUT).index):
            rows = [Json(snapshot.model_dump_json()) for snapshot in by_kind[kind]]
            await self._db.execute(getattr(sql, _PUT[kind]), rows)

    async def put_answers(self, answers: Sequence[Answer]) -> None:
        """Each command's answer stands, the first told."""
        if answers:
            bodies = [Json(answer.model_dump_json()) for answer in answers]
            await self._db.execute(sql.put_answers, [answer.command_id for answer in answers], bodies)

    async def put_trace(self, messages: Sequence[tuple[Incoming, str, int | None]]) -> None:
        """Where these messages stand on the log; each with its subject and the number of the item it is about."""
        rows: list[tuple[Any, ...]] = [
            (
                m.envelope.correlationid,
                m.record.topic,
                m.record.partition,
                m.record.offset,
                m.envelope.id,
                m.envelope.causationid,
                m.envelope.type,
                subject,
                m.envelope.actor,
                m.envelope.time,
                number,
            )
            for m, subject, number in messages
        ]
        if rows:
            await self._db.execute(sql.put_trace, *(list(column) for column in zip(*rows, strict=True)))

    async def put_feed(self, lines: Sequence[FeedLine]) -> int:
        """The lines are the feed's newest; call it last. Returns the last number, 0 without lines."""
        if not lines:
            return 0
        last = await self._db.fetchval(
            sql.put_feed,
            [line.at for line in lines],
            [line.type for line in lines],
            [line.subject for line in lines],
            [line.item_id for line in lines],
            [line.item_number for line in lines],
            [line.version for line in lines],
        )
        return int(last)
