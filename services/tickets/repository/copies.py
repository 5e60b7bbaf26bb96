"""Rows of copies that came before their original."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tickets.repository.rows import dump, sql
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageAlsoReceived
from shared.postgres.pool import Connection

_AT_ONCE = 200


async def keep_copies(
    connection: Connection, copies: Sequence[tuple[Envelope, MessageAlsoReceived]], now: datetime
) -> None:
    """These copies wait; nothing else waits behind them."""
    await connection.execute(
        sql.keep_copies,
        [envelope.id for envelope, _ in copies],
        [body.original_receipt_id for _, body in copies],
        [dump(envelope) for envelope, _ in copies],
        [dump(body) for _, body in copies],
        now,
    )


async def due_copies(
    connection: Connection, waiting_since_before: datetime
) -> list[tuple[Envelope, MessageAlsoReceived]]:
    """Copies whose original is there by now, or that waited long enough; locked, each for one process."""
    rows = await connection.fetch(sql.due_copies, waiting_since_before, _AT_ONCE)
    return [(Envelope.model_validate(row["envelope"]), MessageAlsoReceived.model_validate(row["body"])) for row in rows]


async def forget_copies(connection: Connection, ids: Sequence[UUID]) -> None:
    await connection.execute(sql.forget_copies, list(ids))
