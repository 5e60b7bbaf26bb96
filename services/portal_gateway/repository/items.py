"""Items, their conversations and what happened to them, as snapshots."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.portal_gateway.domain.listing import Cursor, ItemFilter, Page, Sort, page_of
from services.portal_gateway.repository.rows import every, one
from shared.contracts.state import (
    ChangeState,
    DecisionState,
    DeliveryState,
    ItemState,
    MessageState,
    SuppressionState,
)
from shared.postgres.pool import Pool
from shared.postgres.statements import Statements

sql = Statements("services.portal_gateway.queries", "items.sql")

#: Words that more items or messages than these have are common ones: to look so many up takes as long as to walk
#: through a list of a million items until a page is full.
COMMON = 5000


class Items:
    """Reads what pages show of items; whether the reader may see it is the caller's question."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, wanted: ItemFilter, cursor: Cursor | None, limit: int, sort: Sort = "number") -> Page:
        """A page of items."""
        values, common = _parameters(wanted), await self._are_common(wanted.words)
        if sort == "updated":
            place = (cursor.updated_at, cursor.number) if cursor else (None, None)
            rows = await self._pool.fetch(sql.list_by_update, *values, *place, limit + 1, common)
        else:
            below = cursor.number if cursor else None
            rows = await self._pool.fetch(sql.list_by_number, *values, below, limit + 1, common)
        return page_of([ItemState.model_validate(row["state"]) for row in rows], limit)

    async def count(self, wanted: ItemFilter, most: int) -> int:
        """How many items fit; `most` where there are as many or more."""
        common = await self._are_common(wanted.words)
        return int(await self._pool.fetchval(sql.count_items, *_parameters(wanted), most, common))

    async def numbered(self, number: int) -> ItemState | None:
        return one(ItemState, await self._pool.fetchrow(sql.item_numbered, number))

    async def of_id(self, item_id: UUID) -> ItemState | None:
        return one(ItemState, await self._pool.fetchrow(sql.item_of_id, item_id))

    async def of_ids(self, ids: Sequence[UUID]) -> list[ItemState]:
        return every(ItemState, await self._pool.fetch(sql.items_of_ids, list(ids)))

    async def with_numbers(self, numbers: Sequence[int]) -> list[ItemState]:
        return every(ItemState, await self._pool.fetch(sql.items_numbered, list(numbers)))

    async def messages(
        self,
        item_id: UUID,
        *,
        public_only: bool,
        after: tuple[datetime, UUID] | None = None,
        limit: int = 500,
    ) -> list[MessageState]:
        """The conversation, oldest first; `public_only` is what customers may see."""
        moment, message_id = after or (None, None)
        rows = await self._pool.fetch(sql.messages_of_item, item_id, public_only, moment, message_id, limit)
        return every(MessageState, rows)

    async def message(self, message_id: UUID) -> MessageState | None:
        return one(MessageState, await self._pool.fetchrow(sql.message_of_id, message_id))

    async def held(self, limit: int) -> list[MessageState]:
        return every(MessageState, await self._pool.fetch(sql.held_messages, limit))

    async def count_held(self) -> int:
        return int(await self._pool.fetchval(sql.count_held))

    async def history(self, item_id: UUID, after_version: int = 0, limit: int = 1000) -> list[ChangeState]:
        return every(ChangeState, await self._pool.fetch(sql.history, item_id, after_version, limit))

    async def decisions(self, item_id: UUID, limit: int = 500) -> list[DecisionState]:
        return every(DecisionState, await self._pool.fetch(sql.decisions, item_id, limit))

    async def decision(self, decision_id: UUID) -> DecisionState | None:
        return one(DecisionState, await self._pool.fetchrow(sql.decision_of_event, decision_id))

    async def deliveries(self, item_id: UUID, limit: int = 2000) -> list[DeliveryState]:
        return every(DeliveryState, await self._pool.fetch(sql.deliveries, item_id, limit))

    async def delivery(self, delivery_id: UUID) -> DeliveryState | None:
        return one(DeliveryState, await self._pool.fetchrow(sql.delivery_of_id, delivery_id))

    async def suppressions(self, addresses: Sequence[str]) -> list[SuppressionState]:
        lowered = sorted({address.lower() for address in addresses})
        return every(SuppressionState, await self._pool.fetch(sql.suppressions, lowered))

    async def _are_common(self, words: str | None) -> bool:
        """Whether so much has these words that looking for them while walking through a list is quicker."""
        return words is not None and bool(await self._pool.fetchval(sql.are_common, words, COMMON))


def _parameters(wanted: ItemFilter) -> tuple[Any, ...]:
    return (
        list(wanted.statuses) if wanted.statuses is not None else None,
        wanted.is_open,
        wanted.assignee,
        wanted.unassigned,
        wanted.team,
        wanted.without_team,
        wanted.organisation,
        wanted.type,
        wanted.requester,
        wanted.tag,
        wanted.priority,
        wanted.held,
        wanted.words,
        wanted.kind,
        wanted.channel,
    )
