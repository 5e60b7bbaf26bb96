"""The rows of tickets in memory: what a batch names is loaded and nothing else, what decisions changed is kept."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from uuid import UUID

from services.tickets.domain.addresses import company_domain, organisation_id, person_id
from services.tickets.domain.needs import Needs, need_held
from services.tickets.domain.receive import new_items_at_most
from services.tickets.domain.workspace import Cause, Fact, PartChange, Workspace
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageAlsoReceived
from shared.contracts.state import (
    Address,
    ChangeState,
    FormState,
    ItemState,
    MailboxState,
    MessageState,
    OrganisationState,
    PersonState,
    Snapshot,
    TeamState,
    TypeState,
)


class FakeStore:
    """Implements the use case's `Store`; tests read its attributes."""

    def __init__(self) -> None:
        self.types: dict[str, TypeState] = {}
        self.forms: dict[str, FormState] = {}
        self.teams: dict[str, TeamState] = {}
        self.mailboxes: dict[str, MailboxState] = {}
        self.people: dict[UUID, PersonState] = {}
        self.organisations: dict[UUID, OrganisationState] = {}
        self.items: dict[UUID, ItemState] = {}
        self.messages: dict[UUID, MessageState] = {}
        self.history: list[ChangeState] = []
        self.threads: dict[str, UUID] = {}
        self.turns: dict[tuple[str, UUID], int] = {}
        self.copies: list[tuple[Envelope, MessageAlsoReceived]] = []
        self.parts: dict[tuple[str, str], PartChange] = {}
        self.facts: list[Fact] = []
        self._numbers = count(1)
        self._ids = count(1)

    def seed(self, snapshots: Sequence[Snapshot]) -> None:
        """These are there from the beginning."""
        for each in snapshots:
            if isinstance(each, TypeState):
                self.types[each.key] = each
            elif isinstance(each, FormState):
                self.forms[each.key] = each
            elif isinstance(each, TeamState):
                self.teams[each.key] = each
            elif isinstance(each, MailboxState):
                self.mailboxes[each.key] = each
            elif isinstance(each, PersonState):
                self.people[each.id] = each

    async def load(self, needs: Needs) -> Workspace:
        ws = Workspace(new_id=lambda: UUID(int=next(self._ids)))
        ws.types, ws.forms, ws.teams = dict(self.types), dict(self.forms), dict(self.teams)
        ws.mailboxes = dict(self.mailboxes)
        for kind in needs.types_in_use:
            ws.statuses_in_use[kind] = {item.status for item in self.items.values() if item.type == kind}
        if needs.setup:
            ws.parts = dict(self.parts)
            ws.administrators = {
                person.id
                for person in self.people.values()
                if person.role == "administrator" and person.active and not person.service_account
            }
        if needs.turns:
            ws.turns = dict(self.turns)
            needs.person_ids.update(member for team in self.teams.values() for member in team.members)
        self._load_messages(ws, needs)
        ws.threads = {key: self.threads[key] for key in needs.thread_keys if key in self.threads}
        needs.item_ids.update(ws.threads.values())
        self._load_people(ws, needs)
        for item in self.items.values():
            if item.id in needs.item_ids or item.number in needs.numbers:
                ws.items[item.id] = item
                ws.by_number[item.number] = item.id
        for change in self.history:
            if change.item_id in needs.history_of:
                ws.history.setdefault(change.item_id, []).append(change)
        wanted = needs.new_items + new_items_at_most(ws, needs.received)
        ws.numbers = [next(self._numbers) for _ in range(wanted)]
        return ws

    def _load_messages(self, ws: Workspace, needs: Needs) -> None:
        for message in self.messages.values():
            if message.id in needs.message_ids:
                ws.messages[message.id] = message
                if message.held:
                    need_held(needs, message)
            if message.receipt_id in needs.receipt_ids and message.receipt_id is not None:
                ws.receipts[message.receipt_id] = message.item_id
                needs.item_ids.add(message.item_id)
            if message.id.hex[:20] in needs.prefixes:
                ws.know_prefix(message.id.hex[:20], message.item_id if message.public else None)

    def _load_people(self, ws: Workspace, needs: Needs) -> None:
        known = {person.address: person for person in self.people.values()}
        for address, named in needs.addresses.items():
            person = known.get(address) or self._meet(ws, address, named)
            ws.people[person.id], ws.by_address[person.address] = person, person.id
        for person in self.people.values():
            if person.id in needs.person_ids or person.address in needs.known_as:
                ws.people[person.id], ws.by_address[person.address] = person, person.id
        for person in ws.people.values():
            if person.organisation_id is not None:
                ws.organisations[person.organisation_id] = self.organisations[person.organisation_id]

    def _meet(self, ws: Workspace, address: str, named: Address) -> PersonState:
        domain = company_domain(address)
        organisation = organisation_id(domain) if domain else None
        if organisation is not None and domain and organisation not in self.organisations:
            self.organisations[organisation] = OrganisationState(
                version=1, id=organisation, name=domain, domains=(domain,)
            )
            ws.fresh.append(self.organisations[organisation])
        person = PersonState(
            version=1, id=person_id(address), address=address, name=named.name, organisation_id=organisation
        )
        self.people[person.id] = person
        ws.fresh.append(person)
        return person

    async def record(self, ws: Workspace, first_cause: Cause) -> None:
        self.items.update({each: ws.items[each] for each in ws.changed_items})
        self.messages.update({each: ws.messages[each] for each in ws.changed_messages})
        self.people.update({each: ws.people[each] for each in ws.changed_people})
        self.seed(list(ws.changed_setup.values()))
        self.parts.update({place: ws.parts[place] for place in ws.changed_parts})
        self.turns.update({turn: ws.turns[turn] for turn in ws.changed_turns})
        for key, item in ws.changed_threads.items():
            self.threads.setdefault(key, item)
        self.history += ws.new_changes
        self.facts += ws.facts

    async def keep_copies(self, copies: Sequence[tuple[Envelope, MessageAlsoReceived]], now: datetime) -> None:
        self.copies += copies
