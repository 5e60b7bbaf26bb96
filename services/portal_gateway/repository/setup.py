"""People, organisations, teams, types, forms, brands, mailboxes, rules, and the quarantine, as snapshots."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.portal_gateway.repository.rows import every, one
from shared.contracts.state import (
    SNAPSHOTS,
    BrandState,
    FormState,
    MailboxState,
    OrganisationState,
    PersonState,
    QuarantineState,
    ReceiptState,
    RuleState,
    Snapshot,
    TeamState,
    TypeState,
)
from shared.postgres.pool import Pool
from shared.postgres.statements import Statements

sql = Statements("services.portal_gateway.queries", "setup.sql")
S = TypeVar("S", bound=Snapshot)


class Setup:
    """Reads what administrators set up, and people."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def all_of(self, model: type[S]) -> list[S]:
        """Every team, type, form, brand or mailbox, by key."""
        rows = await self._pool.fetch(sql.setup, [model.kind_name])
        return every(model, rows)

    async def of_kinds(self, *models: type[Snapshot]) -> list[Snapshot]:
        """Every row of several of these kinds, read at once."""
        rows = await self._pool.fetch(sql.setup, [model.kind_name for model in models])
        return [SNAPSHOTS[row["kind"]].model_validate(row["state"]) for row in rows]

    async def one_of(self, model: type[S], key: str) -> S | None:
        return one(model, await self._pool.fetchrow(sql.setup_row, model.kind_name, key))

    async def types(self) -> list[TypeState]:
        return await self.all_of(TypeState)

    async def teams(self) -> list[TeamState]:
        return await self.all_of(TeamState)

    async def forms(self) -> list[FormState]:
        return await self.all_of(FormState)

    async def mailboxes(self) -> list[MailboxState]:
        return await self.all_of(MailboxState)

    async def brand(self) -> BrandState | None:
        """The portal's brand; the one there is."""
        return next(iter(await self.all_of(BrandState)), None)

    async def rules(self) -> list[RuleState]:
        return every(RuleState, await self._pool.fetch(sql.rules))

    async def rule(self, rule_id: UUID) -> RuleState | None:
        return one(RuleState, await self._pool.fetchrow(sql.rule_of_id, rule_id))

    async def staff(self) -> list[PersonState]:
        return every(PersonState, await self._pool.fetch(sql.staff))

    async def person(self, person_id: UUID) -> PersonState | None:
        return one(PersonState, await self._pool.fetchrow(sql.person_of_id, person_id))

    async def people(self, ids: Sequence[UUID]) -> list[PersonState]:
        return every(PersonState, await self._pool.fetch(sql.people_of_ids, list(ids)))

    async def person_of_address(self, address: str) -> PersonState | None:
        return one(PersonState, await self._pool.fetchrow(sql.person_of_address, address))

    async def find_people(self, words: str, limit: int = 20) -> list[PersonState]:
        return every(PersonState, await self._pool.fetch(sql.find_people, words, limit))

    async def organisations(self, ids: Sequence[UUID]) -> list[OrganisationState]:
        return every(OrganisationState, await self._pool.fetch(sql.organisations_of_ids, list(ids)))

    async def find_organisations(self, words: str | None = None, limit: int = 100) -> list[OrganisationState]:
        return every(OrganisationState, await self._pool.fetch(sql.find_organisations, words, limit))

    async def counts_of_organisation(self, organisation_id: UUID) -> tuple[int, int]:
        """Open items, and all."""
        row = await self._pool.fetchrow(sql.count_items_of_organisation, organisation_id)
        return (row["open"], row["all"]) if row is not None else (0, 0)

    async def quarantine(
        self, status: str | None, before: tuple[datetime, UUID] | None = None, limit: int = 100
    ) -> list[QuarantineState]:
        """Rows of a status, newest first, with the tickets they became."""
        moment, row_id = before or (None, None)
        rows = await self._pool.fetch(sql.quarantine, status, moment, row_id, limit)
        return await self._with_tickets(every(QuarantineState, rows))

    async def quarantined(self, receipt_id: UUID) -> QuarantineState | None:
        """A row, with the ticket it became."""
        row = one(QuarantineState, await self._pool.fetchrow(sql.quarantined, receipt_id))
        return None if row is None else (await self._with_tickets([row]))[0]

    async def _with_tickets(self, mails: list[QuarantineState]) -> list[QuarantineState]:
        """Which ticket a mail became is told by the message that came of it."""
        left = [mail.id for mail in mails if mail.status == "released"]
        rows = await self._pool.fetch(sql.tickets_of_quarantined, left) if left else []
        numbers = {row["id"]: row["item_number"] for row in rows}
        return [mail.model_copy(update={"item_number": numbers.get(mail.id)}) for mail in mails]

    async def count_quarantine(self) -> int:
        return int(await self._pool.fetchval(sql.count_quarantine))

    async def receipts_of_message(self, message_id: str) -> list[ReceiptState]:
        return every(ReceiptState, await self._pool.fetch(sql.receipts_of_message, message_id))

    async def receipts(self, ids: Sequence[UUID]) -> list[ReceiptState]:
        return every(ReceiptState, await self._pool.fetch(sql.receipts_of_ids, list(ids)))
