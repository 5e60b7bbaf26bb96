"""A seeded desk in memory: messages and commands in, decisions, items and facts out."""

from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from services.tickets.domain.addresses import person_id
from services.tickets.domain.seeds import seeded_people, seeded_setup
from services.tickets.domain.workspace import Decision, Refusal, Settled
from services.tickets.use_cases.handle_batch import Taken, handle_batch
from shared.contracts.answers import TicketsAnswered
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageReceived, TokenClaim
from shared.contracts.state import Address, ItemState, MessageState, PersonState
from shared.contracts.tickets import AddMessage, ChangeItem
from tests.unit.tickets.fake_store import FakeStore

DOMAIN = "desk.example"
MARTA = "marta@sorriso.example"
RITA, TOMAS, INES, ADMIN = (f"{name}@{DOMAIN}" for name in ("rita", "tomas", "ines", "admin"))
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
M = TypeVar("M", bound=Message)
T = TypeVar("T")


def agent(address: str = RITA) -> str:
    """The actor of a member of staff."""
    return f"agent:{person_id(address)}"


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waited for something")


class Desk:
    """What a fresh desk holds, and whatever was taken since."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.store.seed([*seeded_people(DOMAIN, ADMIN), *seeded_setup(DOMAIN)])
        self.now = NOON
        self._ids = count(1)

    def new_id(self) -> UUID:
        """An id that no other has; its first 80 bits differ too."""
        return UUID(int=next(self._ids) << 64)

    # ---- in

    def take(self, *batch: tuple[str, BaseModel], **envelope: Any) -> list[Decision]:
        """One batch of messages, each with its actor; a minute later than the one before."""
        self.now += timedelta(minutes=1)
        taken = [Taken(self.envelope(actor, body, **envelope), body) for actor, body in batch]
        found = run(handle_batch(self.store, taken, self.now))
        assert found is not None
        return found

    def envelope(self, actor: str, body: BaseModel, **more: Any) -> Envelope:
        identity = getattr(body, "receipt_id", None) or self.new_id()
        values: dict[str, Any] = {
            "id": identity,
            "type": getattr(body, "ce_type", "x"),
            "source": "/deskstream/test",
            "time": self.now,
            "subject": "x",
            "correlationid": identity,
            "actor": actor,
        }
        return Envelope(**{**values, **more})

    def mail(self, address: str = MARTA, **values: Any) -> MessageReceived:
        """A received mail, not taken yet."""
        receipt = self.new_id()
        defaults: dict[str, Any] = {
            "receipt_id": receipt,
            "channel": "mail",
            "dedupe_key": receipt.hex,
            "mailboxes": ("support",),
            "message_id": f"{receipt.hex}@{address.rpartition('@')[2]}",
            "sender": Address(address=address, name=address.partition("@")[0].title()),
            "subject": "ONT reboots",
            "text": "It reboots.",
            "accepted_at": self.now,
        }
        return MessageReceived(**{**defaults, **values})

    def receive(self, address: str = MARTA, **values: Any) -> "Outcome":
        """A mail comes in and is decided."""
        return self.receive_message(self.mail(address, **values))

    def receive_message(self, message: MessageReceived) -> "Outcome":
        (decision,) = self.take(("system:intake", message))
        assert isinstance(decision, Settled), decision
        return Outcome(self, decision)

    def command(self, body: BaseModel, actor: str | None = None, **envelope: Any) -> Decision:
        """A command, by Rita if nobody else, is decided."""
        (decision,) = self.take((actor or agent(), body), **envelope)
        return decision

    def done(self, body: BaseModel, actor: str | None = None) -> "Outcome":
        """A command that is carried out."""
        decision = self.command(body, actor)
        assert isinstance(decision, Settled), decision
        return Outcome(self, decision)

    def refused(self, body: BaseModel, actor: str | None = None) -> Refusal:
        """A command that is refused; nothing has changed but that it is answered."""
        before = self.snapshot()
        decision = self.command(body, actor)
        assert isinstance(decision, Refusal), decision
        assert self.snapshot() == before, "a refusal has changed something"
        return decision

    def refused_but_for_people(self, body: BaseModel) -> Refusal:
        """A command that is refused; whom it names may have become a person by it."""
        before = self.snapshot()
        decision = self.command(body)
        assert isinstance(decision, Refusal), decision
        after = self.snapshot()
        assert (*after[:2], *after[3:]) == (*before[:2], *before[3:]), "a refusal has changed something"
        return decision

    def change(self, item: ItemState, actor: str | None = None, **values: Any) -> "Outcome":
        """Fields of an item are set."""
        return self.done(ChangeItem(item_id=item.id, set=values), actor)

    def reply(self, item: ItemState, text: str = "On it.", actor: str | None = None, **more: Any) -> MessageState:
        """Staff answer in public."""
        message_id = self.new_id()
        body = AddMessage(item_id=item.id, message_id=message_id, text=text, **{"public": True, **more})
        self.done(body, actor)
        return self.store.messages[message_id]

    # ---- out

    def item(self, item: ItemState | UUID) -> ItemState:
        """The item as it is now."""
        return self.store.items[item if isinstance(item, UUID) else item.id]

    def person(self, address: str) -> PersonState:
        return next(person for person in self.store.people.values() if person.address == address)

    def facts(self, kind: type[M]) -> list[M]:
        """Facts of a kind, in the order in which they were told."""
        return [fact.body for fact in self.store.facts if isinstance(fact.body, kind)]

    def last(self, kind: type[M]) -> M:
        return self.facts(kind)[-1]

    def answers(self) -> list[TicketsAnswered]:
        return self.facts(TicketsAnswered)

    def snapshot(self) -> tuple[Any, ...]:
        """Everything that a decision could have changed."""
        store = self.store
        facts = [fact.body for fact in store.facts if not isinstance(fact.body, TicketsAnswered)]
        kept = (store.items, store.messages, store.people, store.types, store.teams, store.mailboxes, store.forms)
        return (*(dict(each) for each in kept), dict(store.turns), dict(store.threads), list(store.history), facts)


class Outcome:
    """What became of a message or command that was carried out."""

    def __init__(self, desk: Desk, decision: Settled) -> None:
        self.result = decision.result
        item = decision.result.get("item_id")
        message = decision.result.get("message_id")
        self._desk, self._item = desk, UUID(str(item)) if item else None
        self._message = UUID(str(message)) if message else None

    @property
    def disposition(self) -> str:
        return str(self.result.get("disposition"))

    @property
    def item(self) -> ItemState:
        """The item as it is now."""
        assert self._item is not None
        return self._desk.store.items[self._item]

    @property
    def message(self) -> MessageState:
        assert self._message is not None
        return self._desk.store.messages[self._message]


def own_id(item: ItemState, message: MessageState) -> TokenClaim:
    """A Message-ID of ours that intake has verified: what a customer's program puts among its references."""
    return TokenClaim(number=item.number, message_prefix=message.id.hex[:20])


def token(item: ItemState, mailbox: str = "support") -> TokenClaim:
    """Our reply address among the recipients, verified by intake."""
    return TokenClaim(number=item.number, mailbox=mailbox)


def bordered(result: str) -> dict[str, Any]:
    """What a border of ours said about the sender: ``none`` where there is no border."""
    return {} if result == "none" else {"checked": True, "authentication": {"dmarc": result}}


def addresses(*found: str) -> Sequence[Address]:
    return tuple(Address(address=each) for each in found)
