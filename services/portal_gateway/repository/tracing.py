"""The trace index, and what became of what it names."""

from collections.abc import Sequence
from uuid import UUID

from services.portal_gateway.domain.tracing import Step
from services.portal_gateway.repository.rows import every
from shared.contracts.state import DecisionState, DeliveryState, ReceiptState
from shared.postgres.pool import Pool
from shared.postgres.statements import Statements

sql = Statements("services.portal_gateway.queries", "trace.sql")
MOST_STEPS = 10_000


class TraceRows:
    """Reads for one trace."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of_item(self, number: int) -> list[UUID]:
        return [row["correlation_id"] for row in await self._pool.fetch(sql.correlations_of_item, number)]

    async def of_message_id(self, message_id: str) -> list[UUID]:
        """Correlations of a mail that came in, else of one that went out."""
        rows = await self._pool.fetch(sql.correlations_of_message_id, message_id)
        rows = rows or await self._pool.fetch(sql.correlations_of_delivery, message_id)
        return [row["correlation_id"] for row in rows]

    async def is_known(self, correlation: UUID) -> bool:
        return bool(await self._pool.fetchval(sql.is_known, correlation))

    async def steps(self, correlations: Sequence[UUID]) -> list[Step]:
        rows = await self._pool.fetch(sql.steps, list(correlations), MOST_STEPS)
        return [Step(**dict(row)) for row in rows]

    async def receipts(self, ids: Sequence[UUID]) -> list[ReceiptState]:
        return every(ReceiptState, await self._pool.fetch(sql.receipts, list(ids)))

    async def decisions(self, ids: Sequence[UUID]) -> list[DecisionState]:
        return every(DecisionState, await self._pool.fetch(sql.decisions, list(ids)))

    async def deliveries(self, ids: Sequence[UUID]) -> list[DeliveryState]:
        return every(DeliveryState, await self._pool.fetch(sql.deliveries, list(ids)))
