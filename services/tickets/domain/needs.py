"""What a batch must load before it can decide: read from its messages alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import BaseModel

from services.tickets.domain.addresses import normalise
from shared.contracts.intake import MessageAlsoReceived, MessageReceived
from shared.contracts.state import Address
from shared.contracts.tickets import (
    AcceptHeld,
    AddMessage,
    ChangeItem,
    CreateItem,
    SaveAgent,
    SaveTeam,
    SaveType,
    SplitOff,
)

COPIED_LIMIT = 20


@dataclass
class Needs:
    """Keys to load; `addresses` become people where they are not yet."""

    addresses: dict[str, Address] = field(default_factory=dict)
    thread_ids: set[str] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)
    prefixes: set[str] = field(default_factory=set)
    item_ids: set[UUID] = field(default_factory=set)
    message_ids: set[UUID] = field(default_factory=set)
    receipt_ids: set[UUID] = field(default_factory=set)
    person_ids: set[UUID] = field(default_factory=set)
    history_of: set[UUID] = field(default_factory=set)
    types_in_use: set[str] = field(default_factory=set)
    turns: bool = False
    new_items: int = 0

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


def _of_message(needs: Needs, body: BaseModel) -> None:
    if isinstance(body, MessageReceived):
        needs.new_items += 1
        needs.address(body.sender)
        for address in body.addressed[:COPIED_LIMIT]:
            needs.address(address)
        needs.thread_ids.update(body.thread_ids)
        if body.message_id:
            needs.thread_ids.add(body.message_id)
        needs.numbers.update(body.subject_numbers)
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
    if isinstance(body, ChangeItem | AddMessage | AcceptHeld | SplitOff):
        needs.item_ids.add(body.item_id)
    if isinstance(body, ChangeItem | AddMessage):
        if body.based_on is not None:
            needs.history_of.add(body.item_id)
        _person_named(needs, str(body.set.get("assignee")))
    if isinstance(body, ChangeItem):
        for address in body.follow:
            needs.address(address)
        if body.assign is not None:
            needs.turns = True
            _person_named(needs, body.assign.member)
    if isinstance(body, AcceptHeld | SplitOff):
        needs.message_ids.add(body.message_id)
        needs.new_items += 1
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
            needs.addresses.setdefault(normalise(name), Address(address=name))
