"""What a batch must load before it can decide: read from its messages alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from services.tickets.domain.addresses import normalise
from services.tickets.domain.message_ids import all_keys
from shared.contracts.intake import MessageAlsoReceived, MessageReceived
from shared.contracts.state import Address, MessageState
from shared.contracts.tickets import (
    AcceptHeld,
    AddMessage,
    ChangeItem,
    CreateItem,
    SaveAgent,
    SaveMailbox,
    SaveTeam,
    SaveType,
    SplitOff,
)

COPIED_LIMIT = 20
NUMBERS_LIMIT = 5
_LARGEST = 2**62
#: Whose request a mail is that names no sender: it is not lost, and nobody is answered.
NOBODY = Address(address="unknown@sender.invalid", name="Unknown sender")
#: A copy waits this long for its original; past that the original was given up.
COPY_WAITS = timedelta(days=1)


@dataclass
class Needs:
    """Keys to load; `addresses` become people where they are not yet.

    Attributes:
        known_as: addresses of people who may be there; a name that nobody has makes no person.
        thread_keys: keys of Message-IDs (`message_ids.key_of`).
        setup: administrators change what every batch reads; this batch must be alone.
        new_items: how many items its commands make at most.
        received: its messages, of which each may make one.
    """

    addresses: dict[str, Address] = field(default_factory=dict)
    known_as: set[str] = field(default_factory=set)
    thread_keys: set[str] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)
    prefixes: set[str] = field(default_factory=set)
    item_ids: set[UUID] = field(default_factory=set)
    message_ids: set[UUID] = field(default_factory=set)
    receipt_ids: set[UUID] = field(default_factory=set)
    person_ids: set[UUID] = field(default_factory=set)
    history_of: set[UUID] = field(default_factory=set)
    types_in_use: set[str] = field(default_factory=set)
    turns: bool = False
    setup: bool = False
    new_items: int = 0
    received: list[MessageReceived] = field(default_factory=list)

    def address(self, address: Address) -> None:
        if "@" in address.address:
            known = self.addresses.get(normalise(address.address))
            if known is None or not known.name:
                self.addresses[normalise(address.address)] = address


def needs_of(bodies: Sequence[tuple[str, BaseModel]]) -> Needs:
    """What these messages need; each with its envelope's actor."""
    needs = Needs()
    for actor, body in bodies:
        kind, _, name = actor.partition(":")
        if kind in {"agent", "customer"}:
            _person_named(needs, name)
        _of_message(needs, body)
        _of_command(needs, body)
    return needs


def need_held(needs: Needs, message: MessageState) -> None:
    """What deciding about a held message needs besides: its people, and the ids that would join a conversation."""
    needs.address(message.sender)
    for address in message.addressed[:COPIED_LIMIT]:
        needs.address(address)
    needs.thread_keys.update(all_keys(message.message_id, message.thread_ids))


def _of_message(needs: Needs, body: BaseModel) -> None:
    if isinstance(body, MessageReceived):
        needs.received.append(body)
        needs.receipt_ids.add(body.receipt_id)
        needs.address(body.sender if "@" in body.sender.address else NOBODY)
        for address in body.addressed[:COPIED_LIMIT]:
            needs.address(address)
        needs.thread_keys.update(all_keys(body.message_id, body.thread_ids))
        needs.numbers.update(n for n in body.subject_numbers[:NUMBERS_LIMIT] if n < _LARGEST)
        for claim in (*body.own_ids, *body.reply_tokens):
            needs.numbers.add(claim.number)
            needs.prefixes |= {claim.message_prefix} if claim.message_prefix else set()
        needs.item_ids |= {body.item_id} if body.item_id else set()
        needs.person_ids |= {body.person_id} if body.person_id else set()
    if isinstance(body, MessageAlsoReceived):
        needs.receipt_ids.add(body.original_receipt_id)


def _of_command(needs: Needs, body: BaseModel) -> None:
    if isinstance(body, CreateItem):
        needs.new_items += 1
        needs.address(body.requester)
    if isinstance(body, CreateItem | ChangeItem | AddMessage | AcceptHeld | SplitOff):
        needs.item_ids.add(body.item_id)
    if isinstance(body, ChangeItem | AddMessage):
        if body.based_on is not None:
            needs.history_of.add(body.item_id)
        _person_named(needs, str(body.set.get("assignee")))
    if isinstance(body, AddMessage | AcceptHeld | SplitOff):
        needs.message_ids.add(body.message_id)
    if isinstance(body, ChangeItem):
        _of_change(needs, body)
    if isinstance(body, SplitOff):
        needs.new_items += 1
        needs.item_ids.add(body.new_item_id)
    _of_setup(needs, body)


def _of_change(needs: Needs, body: ChangeItem) -> None:
    if body.saw:
        needs.history_of.add(body.item_id)
    for address in body.follow[:COPIED_LIMIT]:
        needs.address(address)
    if body.assign is not None:
        needs.turns = needs.turns or body.assign.member == "in_turn"
        _person_named(needs, body.assign.member)


def _of_setup(needs: Needs, body: BaseModel) -> None:
    needs.setup = needs.setup or isinstance(body, SaveType | SaveTeam | SaveAgent | SaveMailbox)
    if isinstance(body, SaveAgent):
        needs.address(Address(address=body.address, name=body.name))
        needs.person_ids.add(body.person_id)
    if isinstance(body, SaveTeam):
        needs.person_ids.update(body.members or ())
    if isinstance(body, SaveType):
        needs.types_in_use.add(body.key)


def _person_named(needs: Needs, name: str) -> None:
    try:
        needs.person_ids.add(UUID(name))
    except ValueError:
        if "@" in name:
            needs.known_as.add(normalise(name))
