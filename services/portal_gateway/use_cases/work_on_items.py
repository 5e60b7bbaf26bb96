"""What staff do with items and their conversations, by a page or by the API: each is one command to its owner.

Rules:
- Whether somebody may do it, whether it fits and whether it conflicts is the owner's decision; its answer says so.
- Ids of what is made derive from the command's id: the second click makes nothing new.
- An assignee may be named by address; nobody becomes a person of the desk by being named here.
"""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.use_cases.ask import Desk
from services.portal_gateway.use_cases.command import command, refused
from shared.addresses import normalise
from shared.contracts.answers import Answer
from shared.contracts.base import Message
from shared.contracts.notifier import RetryDelivery
from shared.contracts.state import AttachmentRef, DeliveryState, MessageState, PersonState
from shared.contracts.tickets import AcceptHeld, AddMessage, ChangeItem, CreateItem, SplitOff

Values = dict[str, JsonValue]


class People(Protocol):
    """People, as the gateway shows them."""

    async def person_of_address(self, address: str) -> PersonState | None:
        """The person of a normalised address."""


@dataclass(frozen=True)
class Written:
    """A message as staff write it.

    Attributes:
        public: everyone involved reads it; else it is an internal note.
        attachments: files that are stored already (`use_cases.files`).
        values: fields of the item that change in the same step.
        based_on: the item's version that the writer saw; `values` that changed since are a conflict.
    """

    text: str
    public: bool
    attachments: tuple[AttachmentRef, ...] = ()
    values: Values = field(default_factory=dict)
    based_on: int | None = None


async def create_item(desk: Desk, caller: Caller, item: CreateItem) -> Answer | None:
    """An item is made; its `item_id` is `caller.derived("item")`."""
    return await _about(desk, caller, item, item.item_id)


async def change_item(desk: Desk, people: People, caller: Caller, change: ChangeItem) -> Answer | None:
    """Fields of an item change, as one step."""
    name = _assignee_by_address(change)
    if name is not None:
        person = await people.person_of_address(normalise(name))
        if person is None:
            return refused(caller, "unknown_person", f"{name} is nobody of staff.", "assignee")
        change = _assigned(change, person.id)
    return await _about(desk, caller, change, change.item_id)


async def write(desk: Desk, caller: Caller, item_id: UUID, message: Written) -> Answer | None:
    """A public message or an internal note joins the conversation; its id is `caller.derived("message")`."""
    body = AddMessage(
        item_id=item_id,
        message_id=caller.derived("message"),
        text=message.text,
        public=message.public,
        attachments=message.attachments,
        set=message.values,
        based_on=message.based_on,
    )
    return await _about(desk, caller, body, item_id)


async def accept(desk: Desk, caller: Caller, held: MessageState, *, follow: bool = True) -> Answer | None:
    """A held message joins the conversation as of now; its sender follows unless unticked."""
    body = AcceptHeld(message_id=held.id, item_id=held.item_id, follow=follow)
    return await _about(desk, caller, body, held.item_id)


async def split(desk: Desk, caller: Caller, held: MessageState) -> Answer | None:
    """A held message becomes the first of an item of its own; the answer holds the new item's number."""
    body = SplitOff(message_id=held.id, item_id=held.item_id, new_item_id=caller.derived("item"))
    return await _about(desk, caller, body, held.item_id)


async def retry(desk: Desk, caller: Caller, delivery: DeliveryState) -> Answer | None:
    """A failed mail is tried again; its age starts anew."""
    body = RetryDelivery(delivery_id=delivery.id, item_id=delivery.item_id)
    return await command(desk, caller, body, key=str(delivery.item_id), subject=f"delivery:{delivery.id}")


async def _about(desk: Desk, caller: Caller, body: Message, item_id: UUID) -> Answer | None:
    return await command(desk, caller, body, key=str(item_id), subject=f"item:{item_id}")


def _assignee_by_address(change: ChangeItem) -> str | None:
    named = change.assign.member if change.assign is not None else change.set.get("assignee")
    return named if isinstance(named, str) and "@" in named else None


def _assigned(change: ChangeItem, person_id: UUID) -> ChangeItem:
    if change.assign is not None:
        assign = change.assign.model_copy(update={"member": str(person_id)})
        return change.model_copy(update={"assign": assign})
    return change.model_copy(update={"set": {**change.set, "assignee": str(person_id)}})
