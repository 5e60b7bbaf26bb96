"""Messages of tickets: the commands it takes and the facts it tells. Facts carry the whole state after them."""

from typing import Literal
from uuid import UUID

from pydantic import Field, JsonValue

from shared.contracts.base import Contract, Message, message
from shared.contracts.state import (
    Address,
    AttachmentRef,
    Channel,
    FieldSpec,
    ItemState,
    MessageState,
    Priority,
    Reference,
    StaffRole,
    StatusSpec,
)

# ---- facts -------------------------------------------------------------------------------------------------------


class ItemFact(Message):
    """What all facts about an item carry.

    Attributes:
        item: the item as it is after the fact.
        changes: field -> [old, new]; people by id, the requester's and followers' addresses stay in `item`.
        actor_name: the name to show for the envelope's actor.
    """

    item: ItemState
    changes: dict[str, tuple[JsonValue, JsonValue]] = {}
    actor_name: str = ""


@message("deskstream.tickets.item.created.v1", "tickets-events")
class ItemCreated(ItemFact):
    """An item was made, with its first message."""

    message: MessageState


@message("deskstream.tickets.item.changed.v1", "tickets-events")
class ItemChanged(ItemFact):
    """Fields of an item changed; one save is one fact."""


@message("deskstream.tickets.message.added.v1", "tickets-events")
class MessageAdded(ItemFact):
    """A public message or an internal note joined the conversation.

    Attributes:
        accepted: it had been held, and staff took it.
    """

    message: MessageState
    accepted: bool = False


@message("deskstream.tickets.message.held.v1", "tickets-events")
class MessageHeld(ItemFact):
    """A message waits for staff. It mails nobody."""

    message: MessageState


@message("deskstream.tickets.message.split.v1", "tickets-events")
class MessageSplit(ItemFact):
    """A message left this item and is the first of a new one. `message` is as it is now, on the new item."""

    message: MessageState
    new_item_id: UUID
    new_number: int


@message("deskstream.tickets.reference.changed.v1", "tickets-events")
class ReferenceChanged(Message):
    """A person, organisation, team, type, form, brand or mailbox was made or changed; whole, as it is now."""

    reference: Reference


# ---- commands ----------------------------------------------------------------------------------------------------


class Assign(Contract):
    """Give an item to a team and a member of it.

    Attributes:
        team: key; none leaves the team.
        member: ``none``, ``in_turn`` (tickets picks under lock), or a person's id.
    """

    team: str | None = None
    member: str = "none"


@message("deskstream.tickets.item.create.v1", "tickets-commands")
class CreateItem(Message):
    """Make an item for a requester, as staff do for a phone call; the sender of the command mints the id."""

    item_id: UUID
    kind: Literal["ticket", "task"] = "ticket"
    type: str
    channel: Channel = "phone"
    title: str
    text: str
    requester: Address
    priority: Priority = "normal"
    team: str | None = None
    tags: tuple[str, ...] = ()
    fields: dict[str, JsonValue] = {}
    attachments: tuple[AttachmentRef, ...] = ()


@message("deskstream.tickets.item.change.v1", "tickets-commands")
class ChangeItem(Message):
    """Change fields of an item.

    Attributes:
        set: field -> new value. Fields: title, status, priority, type, team (key), assignee (person id or null),
            ``fields.<key>`` for custom ones.
        assign: in place of team and assignee.
        based_on: the version that the sender saw; a field of `set` that changed since is a conflict.
        saw: what a rule saw of the fields it sets; another value now refuses the command.
    """

    item_id: UUID
    set: dict[str, JsonValue] = {}
    assign: Assign | None = None
    tag: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()
    follow: tuple[Address, ...] = ()
    unfollow: tuple[UUID, ...] = ()
    based_on: int | None = None
    saw: dict[str, JsonValue] = {}


@message("deskstream.tickets.message.add.v1", "tickets-commands")
class AddMessage(Message):
    """A public message or an internal note by the command's actor; `set` changes fields in the same step."""

    item_id: UUID
    message_id: UUID
    text: str
    public: bool
    attachments: tuple[AttachmentRef, ...] = ()
    set: dict[str, JsonValue] = {}
    based_on: int | None = None


@message("deskstream.tickets.message.accept.v1", "tickets-commands")
class AcceptHeld(Message):
    """Take a held message into the conversation, as of now; the sender becomes a follower unless unticked."""

    message_id: UUID
    item_id: UUID
    follow: bool = True


@message("deskstream.tickets.message.split_off.v1", "tickets-commands")
class SplitOff(Message):
    """Make a held message the first of an item of its own, by its sender, as if just received."""

    message_id: UUID
    item_id: UUID
    new_item_id: UUID


@message("deskstream.tickets.type.save.v1", "tickets-commands")
class SaveType(Message):
    """Make or change a type; absent parts stay as they are. A form of the same key follows it."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    label: str | None = None
    fields: tuple[FieldSpec, ...] | None = None
    statuses: tuple[StatusSpec, ...] | None = None
    team: str | None = None
    retired: bool | None = None
    create: bool = False
    based_on: int | None = None


@message("deskstream.tickets.team.save.v1", "tickets-commands")
class SaveTeam(Message):
    key: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    label: str | None = None
    members: tuple[UUID, ...] | None = None
    create: bool = False
    based_on: int | None = None


@message("deskstream.tickets.agent.save.v1", "tickets-commands")
class SaveAgent(Message):
    """Make a person staff, or an API token's account, or change them. Without `role` the role stays."""

    person_id: UUID
    address: str
    name: str = ""
    role: StaffRole | None = None
    service_account: bool = False
    active: bool = True
    teams: tuple[str, ...] | None = None
    based_on: int | None = None


@message("deskstream.tickets.mailbox.save.v1", "tickets-commands")
class SaveMailbox(Message):
    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")
    address: str | None = None
    label: str | None = None
    type: str | None = None
    team: str | None = None
    create: bool = False
    based_on: int | None = None
