"""Rows to working set and back: set-based statements, one for each table, no rule."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from services.tickets.domain.addresses import company_domain, organisation_id, person_id
from services.tickets.domain.needs import Needs
from services.tickets.domain.workspace import Cause, Fact, Workspace
from shared.contracts.envelope import Envelope
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
from shared.contracts.tickets import ReferenceChanged
from shared.ids import derived_id, new_id
from shared.messaging.outbox import Outgoing, add
from shared.postgres.pool import Connection, Json
from shared.postgres.statements import Statements

sql = Statements("services.tickets")
SOURCE = "/deskstream/tickets"


class Numbers:
    """Item numbers taken from the series and not used yet; kept for the next batch, so that gaps stay small."""

    def __init__(self) -> None:
        self._spare: list[int] = []

    async def ensure(self, connection: Connection, count: int) -> None:
        missing = count - len(self._spare)
        if missing > 0:
            self._spare += [row["number"] for row in await connection.fetch(sql.next_numbers, missing)]

    def __iter__(self) -> Iterator[int]:
        while self._spare:
            yield self._spare.pop(0)


class Repository:
    """The rows of one transaction."""

    def __init__(self, connection: Connection, numbers: Numbers) -> None:
        self._db = connection
        self._numbers = numbers

    async def load(self, needs: Needs) -> Workspace:
        """Everything that `needs` names; people and organisations that do not exist are made."""
        ws = Workspace(new_id=new_id, numbers=self._numbers)
        await self._load_setup(ws, needs)
        await self._load_threads(ws, needs)
        await self._load_people(ws, needs)
        await self._load_items(ws, needs)
        await self._numbers.ensure(self._db, needs.new_items)
        return ws

    async def _load_setup(self, ws: Workspace, needs: Needs) -> None:
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
        if needs.turns:
            for row in await self._db.fetch(sql.turns):
                ws.turns[(row["team"], row["person_id"])] = row["turn"]
            needs.person_ids.update(member for team in ws.teams.values() for member in team.members)
        for row in await self._db.fetch(sql.statuses_in_use, list(needs.types_in_use)) if needs.types_in_use else ():
            ws.statuses_in_use.setdefault(row["type"], set()).add(row["status"])

    async def _load_threads(self, ws: Workspace, needs: Needs) -> None:
        if not needs.thread_ids:
            return
        ids = sorted(needs.thread_ids)
        await self._db.execute(sql.hold_thread_ids, ids)
        ws.threads = {row["id"]: row["item_id"] for row in await self._db.fetch(sql.thread_ids, ids)}
        needs.item_ids.update(ws.threads.values())

    async def _load_people(self, ws: Workspace, needs: Needs) -> None:
        if needs.addresses:
            rows = await self._db.fetch(sql.people_of_addresses, list(needs.addresses))
            self._meet(ws, rows)
            missing = {a: named for a, named in needs.addresses.items() if a not in ws.by_address}
            if missing:
                await self._make_people(ws, missing)
        unknown = [person for person in needs.person_ids if person not in ws.people]
        if unknown:
            self._meet(ws, await self._db.fetch(sql.people_of_ids, unknown))
        organisations = {p.organisation_id for p in ws.people.values() if p.organisation_id} - set(ws.organisations)
        for row in await self._db.fetch(sql.organisations_of_ids, list(organisations)) if organisations else ():
            organisation = OrganisationState.model_validate(row["state"])
            ws.organisations[organisation.id] = organisation

    def _meet(self, ws: Workspace, rows: Sequence[Any]) -> None:
        for row in rows:
            person = PersonState.model_validate(row["state"])
            ws.people[person.id] = person
            ws.by_address[person.address] = person.id

    async def _make_people(self, ws: Workspace, missing: dict[str, Address]) -> None:
        domains = {address: domain for address in missing if (domain := company_domain(address))}
        known = await self._organisations(ws, sorted(set(domains.values())))
        people = [
            PersonState(
                version=1,
                id=person_id(address),
                address=address,
                name=named.name[:200],
                organisation_id=known.get(domains.get(address, "")),
            )
            for address, named in sorted(missing.items())
        ]
        made = await self._db.fetch(
            sql.make_people, [p.id for p in people], [p.address for p in people], [dump(p) for p in people]
        )
        made_ids = {row["id"] for row in made}
        ws.fresh += [(person, None) for person in people if person.id in made_ids]
        self._meet(ws, await self._db.fetch(sql.people_of_addresses, list(missing)))

    async def _organisations(self, ws: Workspace, domains: list[str]) -> dict[str, UUID]:
        """Organisation by domain; new domains make new organisations, named after them."""
        if not domains:
            return {}
        found = {
            row["domain"]: OrganisationState.model_validate(row["state"])
            for row in await self._db.fetch(sql.organisations_of_domains, domains)
        }
        missing = [domain for domain in domains if domain not in found]
        if missing:
            new = sorted(
                (OrganisationState(version=1, id=organisation_id(d), name=d, domains=(d,)) for d in missing),
                key=lambda o: o.id,
            )
            made = await self._db.fetch(sql.make_organisations, [o.id for o in new], [dump(o) for o in new])
            await self._db.execute(sql.make_domains, missing, [organisation_id(d) for d in missing])
            made_ids = {row["id"] for row in made}
            ws.fresh += [(organisation, None) for organisation in new if organisation.id in made_ids]
            for row in await self._db.fetch(sql.organisations_of_domains, missing):
                found[row["domain"]] = OrganisationState.model_validate(row["state"])
        ws.organisations.update({organisation.id: organisation for organisation in found.values()})
        return {domain: organisation.id for domain, organisation in found.items()}

    async def _load_items(self, ws: Workspace, needs: Needs) -> None:
        if needs.item_ids or needs.numbers or needs.receipt_ids:
            rows = await self._db.fetch(
                sql.lock_items, sorted(needs.item_ids), sorted(needs.numbers), sorted(needs.receipt_ids)
            )
            for row in rows:
                item = ItemState.model_validate(row["state"])
                ws.items[item.id] = item
                ws.by_number[item.number] = item.id
        for row in await self._db.fetch(sql.receipts, list(needs.receipt_ids)) if needs.receipt_ids else ():
            ws.receipts[row["receipt_id"]] = row["item_id"]
        for row in await self._db.fetch(sql.messages, sorted(needs.message_ids)) if needs.message_ids else ():
            message = MessageState.model_validate(row["state"])
            ws.messages[message.id] = message
            await self._meet_sender(ws, message)
        for row in await self._db.fetch(sql.message_prefixes, list(needs.prefixes)) if needs.prefixes else ():
            ws.known_prefixes.add((row["item_id"], row["prefix"]))
        for row in await self._db.fetch(sql.history, list(needs.history_of)) if needs.history_of else ():
            change = ChangeState.model_validate(row["state"])
            ws.history.setdefault(change.item_id, []).append(change)

    async def _meet_sender(self, ws: Workspace, message: MessageState) -> None:
        """The sender of a held message is a person by now; deciding about it needs them."""
        found = Needs()
        found.address(message.sender)
        await self._load_people(ws, found)

    async def record(self, ws: Workspace) -> None:
        """Everything that decisions changed, and what they say."""
        await self._save_items(ws)
        await self._save_people_and_setup(ws)
        changed = ws.changed_threads
        if changed:
            await self._db.execute(sql.join_thread_ids, list(changed), list(changed.values()))
        await self._db.execute(sql.release_thread_ids, list(ws.threads.keys() | changed.keys()))
        await add(self._db, [*_introductions(ws), *(_outgoing(fact) for fact in ws.facts), *_snapshots(ws)])

    async def _save_items(self, ws: Workspace) -> None:
        items = sorted((ws.items[i] for i in ws.changed_items), key=lambda item: item.id)
        if items:
            await self._db.execute(
                sql.save_items,
                [i.id for i in items],
                [i.number for i in items],
                [i.type for i in items],
                [i.status for i in items],
                [i.version for i in items],
                [dump(i) for i in items],
            )
        messages = [ws.messages[m] for m in sorted(ws.changed_messages)]
        if messages:
            await self._db.execute(
                sql.save_messages,
                [m.id for m in messages],
                [m.item_id for m in messages],
                [m.receipt_id for m in messages],
                [m.public for m in messages],
                [m.id.hex[:20] for m in messages],
                [m.version for m in messages],
                [dump(m) for m in messages],
            )
        if ws.new_changes:
            steps = ws.new_changes
            await self._db.execute(
                sql.add_changes, [c.item_id for c in steps], [c.version for c in steps], [dump(c) for c in steps]
            )

    async def _save_people_and_setup(self, ws: Workspace) -> None:
        people = [ws.people[p] for p in sorted(ws.changed_people)]
        if people:
            await self._db.execute(
                sql.save_people, [p.id for p in people], [p.version for p in people], [dump(p) for p in people]
            )
        setup = list(ws.changed_setup.items())
        if setup:
            kinds, keys = zip(*(name.split(":", 1) for name, _ in setup), strict=True)
            await self._db.execute(
                sql.save_setup, list(kinds), list(keys), [s.version for _, s in setup], [dump(s) for _, s in setup]
            )
        if ws.changed_turns:
            turns = sorted(ws.changed_turns)
            await self._db.execute(
                sql.save_turns, [t for t, _ in turns], [p for _, p in turns], [ws.turns[turn] for turn in turns]
            )


def dump(snapshot: Snapshot) -> Json:
    """A snapshot as JSON for a jsonb column."""
    return Json(snapshot.model_dump_json())


def _outgoing(fact: Fact) -> Outgoing:
    envelope = _envelope(fact.cause, fact.purpose, fact.body.ce_type, fact.subject, fact.sequence or None)
    return Outgoing(fact.body.topic, fact.key, envelope, fact.body)


def _envelope(cause: Cause, purpose: str, ce_type: str, subject: str, sequence: int | None) -> Envelope:
    origin = cause.envelope
    return Envelope(
        id=derived_id(origin.id, purpose),
        type=ce_type,
        source=SOURCE,
        time=cause.now,
        subject=subject,
        correlationid=origin.correlationid,
        causationid=origin.id,
        actor=origin.actor,
        causes=origin.causes,
        sequence=sequence,
        traceparent=origin.traceparent,
        accepted_at=origin.accepted_at,
    )


def snapshot_message(snapshot: Snapshot, cause: Cause) -> Outgoing:
    """A snapshot for the state topic."""
    key = snapshot.state_key()
    envelope = _envelope(
        cause, f"state:{key}:{snapshot.version}", f"deskstream.state.{snapshot.kind_name}.v1", key, snapshot.version
    )
    return Outgoing("tickets-state", key, envelope, snapshot)


def _introductions(ws: Workspace) -> list[Outgoing]:
    """People and organisations that came to be: told as facts, and as snapshots."""
    found = []
    for snapshot, cause in ws.fresh:
        if cause is None or not isinstance(snapshot, PersonState | OrganisationState):
            continue
        key = snapshot.state_key()
        envelope = _envelope(cause, f"met:{key}", ReferenceChanged.ce_type, key, snapshot.version)
        found.append(Outgoing(ReferenceChanged.topic, key, envelope, ReferenceChanged(reference=snapshot)))
        found.append(snapshot_message(snapshot, cause))
    return found


def _snapshots(ws: Workspace) -> list[Outgoing]:
    """The newest snapshot of everything that changed; the cause is that of its last fact."""
    if not ws.facts:
        return []
    last = ws.facts[-1].cause
    causes = {fact.subject: fact.cause for fact in ws.facts}
    changed: list[Snapshot] = [
        *(ws.items[i] for i in ws.changed_items),
        *(ws.messages[m] for m in ws.changed_messages),
        *ws.new_changes,
        *(ws.people[p] for p in ws.changed_people),
        *ws.changed_setup.values(),
    ]
    return [snapshot_message(s, causes.get(s.state_key(), _cause_of(s, causes) or last)) for s in changed]


def _cause_of(snapshot: Snapshot, causes: dict[str, Cause]) -> Cause | None:
    item = getattr(snapshot, "item_id", None)
    return None if item is None else causes.get(f"item:{item}")
