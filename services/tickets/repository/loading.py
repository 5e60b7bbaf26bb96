"""What a batch needs, read from its rows into a working set and locked."""

from typing import Any
from uuid import UUID

from services.tickets.domain.needs import Needs, need_held
from services.tickets.domain.receive import new_items_at_most
from services.tickets.domain.workspace import PartChange, Workspace
from services.tickets.repository.people import load_people
from services.tickets.repository.rows import sql
from shared.contracts.state import (
    ChangeState,
    FormState,
    ItemState,
    MailboxState,
    MessageState,
    TeamState,
    TypeState,
)
from shared.ids import new_id
from shared.postgres.pool import Connection

#: Key of the lock between batches that read the setup and those that change it; of this database alone.
_SETUP_LOCK = 5_210_044_117


class Loader:
    """Loads one batch.

    Attributes:
        held_keys: keys of Message-IDs that have a row now; those that nobody takes are to be let go.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self.held_keys: set[str] = set()

    async def load(self, needs: Needs) -> Workspace:
        """The working set that `needs` asks for."""
        ws = Workspace(new_id=new_id)
        await self._load_setup(ws, needs)
        await self._load_turns(ws, needs)
        await self._load_messages(ws, needs)
        await self._load_threads(ws, needs)
        await load_people(self._db, ws, needs)
        await self._load_items(ws, needs)
        count = needs.new_items + new_items_at_most(ws, needs.received)
        if count:
            ws.numbers = [row["number"] for row in await self._db.fetch(sql.next_numbers, count)]
        return ws

    async def _load_setup(self, ws: Workspace, needs: Needs) -> None:
        await self._db.execute(sql.hold_setup if needs.setup else sql.share_setup, _SETUP_LOCK)
        for row in await self._db.fetch(sql.setup):
            kind, state = row["kind"], row["state"]
            if kind == "type":
                ws.types[state["key"]] = TypeState.model_validate(state)
            elif kind == "form":
                ws.forms[state["key"]] = FormState.model_validate(state)
            elif kind == "team":
                ws.teams[state["key"]] = TeamState.model_validate(state)
            elif kind == "mailbox":
                ws.mailboxes[state["key"]] = MailboxState.model_validate(state)
        if needs.types_in_use:
            for row in await self._db.fetch(sql.statuses_in_use, list(needs.types_in_use)):
                ws.statuses_in_use.setdefault(row["type"], set()).add(row["status"])
        if needs.setup:
            ws.administrators = {row["id"] for row in await self._db.fetch(sql.administrators)}
            for row in await self._db.fetch(sql.parts):
                ws.parts[(row["subject"], row["part"])] = PartChange(
                    row["version"], row["changed_by"], row["changed_by_name"], row["changed_at"]
                )

    async def _load_turns(self, ws: Workspace, needs: Needs) -> None:
        if not needs.turns:
            return
        pairs = sorted((team.key, member) for team in ws.teams.values() for member in team.members)
        await self._db.execute(sql.hold_turns, [team for team, _ in pairs], [member for _, member in pairs])
        for row in await self._db.fetch(sql.turns):
            ws.turns[(row["team"], row["person_id"])] = row["turn"]
        needs.person_ids.update(member for _, member in pairs)

    async def _load_messages(self, ws: Workspace, needs: Needs) -> None:
        if needs.message_ids:
            for row in await self._db.fetch(sql.messages, sorted(needs.message_ids)):
                message = MessageState.model_validate(row["state"])
                ws.messages[message.id] = message
                if message.held:
                    need_held(needs, message)
        if needs.receipt_ids:
            for row in await self._db.fetch(sql.receipts, list(needs.receipt_ids)):
                ws.receipts[row["receipt_id"]] = row["item_id"]
            needs.item_ids.update(ws.receipts.values())
        if needs.prefixes:
            for row in await self._db.fetch(sql.message_prefixes, list(needs.prefixes)):
                ws.know_prefix(row["prefix"], row["item_id"] if row["public"] else None)

    async def _load_threads(self, ws: Workspace, needs: Needs) -> None:
        if not needs.thread_keys:
            return
        keys = sorted(needs.thread_keys)
        await self._db.execute(sql.hold_thread_ids, keys)
        self.held_keys = set(keys)
        ws.threads = {row["id"]: row["item_id"] for row in await self._db.fetch(sql.thread_ids, keys)}
        needs.item_ids.update(ws.threads.values())

    async def _load_items(self, ws: Workspace, needs: Needs) -> None:
        if needs.item_ids or needs.numbers:
            for row in await self._db.fetch(sql.lock_items, sorted(needs.item_ids), sorted(needs.numbers)):
                item = ItemState.model_validate(row["state"])
                ws.items[item.id] = item
                ws.by_number[item.number] = item.id
        if needs.history_of:
            await self._load_history(ws, needs.history_of)

    async def _load_history(self, ws: Workspace, items: set[UUID]) -> None:
        rows: list[Any] = await self._db.fetch(sql.history, list(items))
        for row in rows:
            change = ChangeState.model_validate(row["state"])
            ws.history.setdefault(change.item_id, []).append(change)
