"""The working set of one batch: everything its messages need, in memory, changed by decisions and then recorded.

Invariant: a decision that refuses has changed nothing. Whatever is in `changed_*` is written in the batch's
transaction.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from services.tickets.domain.addresses import normalise
from shared.contracts.answers import Conflict
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.state import (
    ChangeState,
    FormState,
    ItemState,
    MailboxState,
    MessageState,
    OrganisationRef,
    OrganisationState,
    PersonRef,
    PersonState,
    Snapshot,
    TeamState,
    TypeState,
)
from shared.contracts.tickets import ItemFact
from shared.ids import derived_id

Changes = dict[str, tuple[JsonValue, JsonValue]]


@dataclass(frozen=True)
class Cause:
    """Why something is decided: the message, its actor and the moment."""

    envelope: Envelope
    now: datetime

    @property
    def actor(self) -> str:
        return self.envelope.actor

    @property
    def actor_id(self) -> UUID | None:
        kind, _, name = self.actor.partition(":")
        try:
            return UUID(name) if kind in {"agent", "customer"} else None
        except ValueError:
            return None

    @property
    def is_staff(self) -> bool:
        return self.actor.startswith("agent:")

    @property
    def is_machine(self) -> bool:
        return self.actor.startswith(("rule:", "system:"))


@dataclass(frozen=True)
class Refusal:
    """A normal answer: not done, with a stable code and a sentence; `about` names the field."""

    code: str
    text: str
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    about: str | None = None


@dataclass(frozen=True)
class Settled:
    """A decision that was carried out; `result` is what the answer tells, `subject` the key of its facts."""

    subject: str
    result: dict[str, JsonValue]


@dataclass(frozen=True)
class Wait:
    """Not decidable yet: what it refers to has not come. It is kept, and decided when that has come."""

    reason: str


Decision = Settled | Refusal | Wait


@dataclass(frozen=True)
class Fact:
    """An event to tell: body, key, subject, version. Its id is derived from the cause's id and the purpose."""

    body: Message
    key: str
    subject: str
    sequence: int
    cause: Cause
    purpose: str


@dataclass(frozen=True)
class PartChange:
    """The last change of a part of something set up: its version, by which actor, when."""

    version: int
    by: str
    by_name: str
    at: datetime


@dataclass
class Workspace:
    """What a batch knows and what it has changed.

    Attributes:
        prefixes: of the messages that were asked for, the items on which such a message is public.
        parts: of what administrators set up, the last change by key of its snapshot and name of the part.
    """

    new_id: Callable[[], UUID]
    numbers: list[int] = field(default_factory=list)
    people: dict[UUID, PersonState] = field(default_factory=dict)
    by_address: dict[str, UUID] = field(default_factory=dict)
    organisations: dict[UUID, OrganisationState] = field(default_factory=dict)
    types: dict[str, TypeState] = field(default_factory=dict)
    forms: dict[str, FormState] = field(default_factory=dict)
    teams: dict[str, TeamState] = field(default_factory=dict)
    mailboxes: dict[str, MailboxState] = field(default_factory=dict)
    items: dict[UUID, ItemState] = field(default_factory=dict)
    by_number: dict[int, UUID] = field(default_factory=dict)
    messages: dict[UUID, MessageState] = field(default_factory=dict)
    prefixes: dict[str, set[UUID]] = field(default_factory=dict)
    threads: dict[str, UUID] = field(default_factory=dict)
    receipts: dict[UUID, UUID] = field(default_factory=dict)
    history: dict[UUID, list[ChangeState]] = field(default_factory=dict)
    turns: dict[tuple[str, UUID], int] = field(default_factory=dict)
    statuses_in_use: dict[str, set[str]] = field(default_factory=dict)
    administrators: set[UUID] = field(default_factory=set)
    parts: dict[tuple[str, str], PartChange] = field(default_factory=dict)

    changed_items: set[UUID] = field(default_factory=set)
    changed_messages: set[UUID] = field(default_factory=set)
    changed_people: set[UUID] = field(default_factory=set)
    changed_setup: dict[str, Snapshot] = field(default_factory=dict)
    changed_turns: set[tuple[str, UUID]] = field(default_factory=set)
    changed_parts: set[tuple[str, str]] = field(default_factory=set)
    changed_threads: dict[str, UUID] = field(default_factory=dict)
    new_changes: list[ChangeState] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    fresh: list[PersonState | OrganisationState] = field(default_factory=list)

    # ---- people

    def person(self, address: str) -> PersonState | None:
        found = self.by_address.get(normalise(address))
        return None if found is None else self.people[found]

    def organisation_of(self, person: PersonState) -> OrganisationRef | None:
        organisation = self.organisations.get(person.organisation_id) if person.organisation_id else None
        return None if organisation is None else OrganisationRef(id=organisation.id, name=organisation.name)

    def name_of(self, cause: Cause) -> str:
        person = self.people.get(cause.actor_id) if cause.actor_id else None
        return "" if person is None else person.name or person.address

    # ---- items

    def item(self, item_id: UUID | None) -> ItemState | None:
        return None if item_id is None else self.items.get(item_id)

    def item_numbered(self, number: int) -> ItemState | None:
        return self.item(self.by_number.get(number))

    def next_number(self) -> int:
        return self.numbers.pop(0)

    def put_item(self, item: ItemState) -> None:
        self.items[item.id] = item
        self.by_number[item.number] = item.id
        self.changed_items.add(item.id)

    def put_message(self, message: MessageState) -> None:
        self.messages[message.id] = message
        self.changed_messages.add(message.id)
        self.know_prefix(message.id.hex[:20], message.item_id if message.public else None)
        if message.receipt_id is not None:
            self.receipts[message.receipt_id] = message.item_id

    def know_prefix(self, prefix: str, item_id: UUID | None) -> None:
        """A message begins with this prefix; it is public on `item_id`, or nobody outside may have heard of it."""
        self.prefixes.setdefault(prefix, set()).update([] if item_id is None else [item_id])

    def join_threads(self, keys: Iterable[str], item_id: UUID) -> None:
        """These Message-IDs (their keys) belong to the item from now on, unless another has them."""
        for key in keys:
            if self.threads.setdefault(key, item_id) == item_id:
                self.changed_threads[key] = item_id

    def put_person(self, person: PersonState) -> None:
        self.people[person.id] = person
        self.by_address[person.address] = person.id
        self.changed_people.add(person.id)

    def put_setup(self, snapshot: Snapshot) -> None:
        self.changed_setup[snapshot.state_key()] = snapshot

    # ---- facts

    def tell_step(self, event: str, fact: ItemFact, cause: Cause, purpose: str, message_id: UUID | None = None) -> None:
        """Keep one step of an item's history and say it; both carry the id of the fact."""
        item = fact.item
        change = ChangeState(
            version=item.version,
            item_id=item.id,
            event_id=derived_id(cause.envelope.id, purpose),
            event=event,
            at=cause.now,
            actor=cause.actor,
            actor_name=self.name_of(cause),
            causes=cause.envelope.causes,
            changes=fact.changes,
            message_id=message_id,
            correlation_id=cause.envelope.correlationid,
        )
        self.new_changes.append(change)
        self.history.setdefault(item.id, []).append(change)
        self.tell(fact, item, cause, purpose)

    def tell(self, body: Message, snapshot: Snapshot, cause: Cause, purpose: str) -> None:
        """Say a fact about an item (keyed by its id) or another aggregate (keyed ``kind:id``)."""
        subject = snapshot.state_key()
        key = subject.removeprefix("item:") if isinstance(snapshot, ItemState) else subject
        self.facts.append(Fact(body, key, subject, snapshot.version, cause, purpose))


def reference_to(person: PersonState, nonce: str = "") -> PersonRef:
    """A person as items show them."""
    return PersonRef(
        id=person.id, address=person.address, name=person.name, staff=person.role is not None, link_nonce=nonce
    )


def updated(item: ItemState, cause: Cause, **values: Any) -> ItemState:
    """The item one version on."""
    return item.model_copy(update={**values, "version": item.version + 1, "updated_at": cause.now})
