"""Pages of lists that are long in their own right, each ordered by an index."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.portal_gateway.repository.rows import every
from shared.contracts.state import DecisionState, DeliveryState, OrganisationState, PersonState
from shared.postgres.pool import Pool
from shared.postgres.statements import Statements

sql = Statements("services.portal_gateway.queries", "lists.sql")
Place = tuple[datetime, UUID] | None


class Lists:
    """Reads one page, beginning behind a place."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def people(self, words: str | None, after: str | None, limit: int) -> list[PersonState]:
        return every(PersonState, await self._pool.fetch(sql.people_page, words, after, limit))

    async def organisations(
        self, words: str | None, after: tuple[str, UUID] | None, limit: int
    ) -> list[OrganisationState]:
        rows = await self._pool.fetch(sql.organisations_page, words, *(after or (None, None)), limit)
        return every(OrganisationState, rows)

    async def decisions(self, item_id: UUID, after: Place, limit: int) -> list[DecisionState]:
        rows = await self._pool.fetch(sql.decisions_page, item_id, *(after or (None, None)), limit)
        return every(DecisionState, rows)

    async def deliveries(self, item_id: UUID, after: Place, limit: int) -> list[DeliveryState]:
        rows = await self._pool.fetch(sql.deliveries_page, item_id, *(after or (None, None)), limit)
        return every(DeliveryState, rows)

    async def mails_of(self, item_id: UUID, decisions: Sequence[DecisionState]) -> list[DeliveryState]:
        """The mails that the rules' actions of these decisions led to."""
        taken = [action for decision in decisions for verdict in decision.verdicts for action in verdict.actions]
        effects = [str(action.effect_id) for action in taken if action.effect_id is not None]
        rows = await self._pool.fetch(sql.deliveries_of_effects, item_id, effects) if effects else []
        return every(DeliveryState, rows)

    async def deliveries_of(self, item_id: UUID, message_ids: Sequence[UUID]) -> list[DeliveryState]:
        """The mails that carry these messages of an item."""
        rows = await self._pool.fetch(sql.deliveries_of_messages, item_id, list(message_ids))
        return every(DeliveryState, rows)
