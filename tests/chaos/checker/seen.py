"""What the evidence says, in the few words that the checks need; whole states as prints, so that a long run fits.

Invariant: two states have the same print just when they are the same JSON value.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.chaos.history import Input
from tests.chaos.sinks import SunkMail

#: Newest version and print of each aggregate, by ``kind:id``.
Prints = dict[str, tuple[int, bytes]]
#: Which kinds of the setup, that tickets has, other services keep a copy of.
COPIED = {
    "intake": frozenset({"mailbox", "form"}),
    "automation": frozenset({"type", "team", "mailbox"}),
    "notifier": frozenset({"mailbox", "brand"}),
}


def print_of(state: Any) -> bytes:
    """The print of a JSON value; the order of its names does not count."""
    return sha256(json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).digest()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be: which check found it, about what, and what is wrong."""

    check: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Someone:
    """A person on an item."""

    id: str
    address: str
    staff: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a fact carries it."""

    id: str
    author: str | None
    by: str
    public: bool
    held: bool
    automatic: bool
    marker: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a command."""

    command: str
    outcome: str
    code: str
    print: bytes


@dataclass(frozen=True, slots=True)
class Fact:
    """One record of an events topic."""

    topic: str
    partition: int
    offset: int
    id: str
    type: str
    aggregate: str
    version: int | None
    actor: str
    item: str | None = None
    involved: tuple[Someone, ...] = ()
    assignee: Someone | None = None
    reassigned: bool = False
    said: Said | None = None
    answered: Answered | None = None

    @property
    def place(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message in the database of its owner."""

    id: str
    item: str
    receipt: str | None
    marker: str
    text: str
    by: str
    held: bool
    raw_blob: str | None
    blobs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One step of an item's history."""

    item: str
    version: int
    actor: str
    title: str | None
    assignee: bool
    followers_added: frozenset[str]


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One mail to one person, as its sender knows it."""

    id: str
    item: str
    cause: str
    person: str
    kind: str
    address: str
    message_id: str
    status: str
    attempts: tuple[str, ...]
    rule: str | None


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a matched rule."""

    rule: str
    do: str
    outcome: str
    effect: str | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What the rules made of one event."""

    event: str
    trigger: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that a reader gave up."""

    topic: str
    value: bytes
    place: str


@dataclass(frozen=True, slots=True)
class Page:
    """A customer's request page: the input that began the request, and what was shown; nothing where nothing was."""

    op: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that was caused, from when until it was healed.

    Attributes:
        had_effect: whether it met anything that it could spoil; none where nobody can know.
    """

    kind: str
    target: str
    began_at: float
    healed_at: float
    had_effect: bool | None = None


@dataclass
class Tables:
    """What the owners' tables and the read model say.

    Attributes:
        setup: what tickets says the desk is set up with.
        copies: of it, by the service that keeps them.
    """

    messages: Sequence[MessageRow] = ()
    changes: Sequence[ChangeRow] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    receipts: Mapping[str, str] = field(default_factory=dict)
    deliveries: Sequence[DeliveryRow] = ()
    decisions: Sequence[DecisionRow] = ()
    owners: Mapping[str, Prints] = field(default_factory=dict)
    setup: Prints = field(default_factory=dict)
    copies: Mapping[str, Prints] = field(default_factory=dict)
    read_model: Prints = field(default_factory=dict)
    feed: Sequence[tuple[str, int]] = ()
    left: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Topics:
    """What the topics say."""

    facts: Sequence[Fact] = ()
    states: Mapping[str, Prints] = field(default_factory=dict)
    setup: Prints = field(default_factory=dict)
    told: Prints = field(default_factory=dict)
    dead: Sequence[DeadLetter] = ()
    lag: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Evidence:
    """All that the checks look at.

    Attributes:
        blobs: sha256 of each stored blob, by its key.
        pages: customers' request pages, by path.
        poison: value of each bad record that was put on the log, and the dead letters it must become.
    """

    inputs: Mapping[str, Input] = field(default_factory=dict)
    mails: Sequence[SunkMail] = ()
    faults: Sequence[Fault] = ()
    tables: Tables = field(default_factory=Tables)
    topics: Topics = field(default_factory=Topics)
    blobs: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)
    poison: Mapping[bytes, frozenset[str]] = field(default_factory=dict)
