"""Making items and adding messages to them: the two steps that every way in ends with."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import JsonValue

from services.tickets.domain.bounds import FOLLOWERS
from services.tickets.domain.lifecycle import first_status, is_incomplete
from services.tickets.domain.workspace import Cause, Changes, Workspace, reference_to, updated
from shared.contracts.state import (
    Address,
    Channel,
    ItemState,
    MailboxState,
    MessageState,
    PersonRef,
    PersonState,
    Priority,
    TypeState,
)
from shared.contracts.tickets import ItemCreated, MessageAdded, MessageHeld

TITLE_LIMIT = 255
LISTED = 20


@dataclass(frozen=True)
class NewItem:
    """What an item begins with."""

    id: UUID
    kind: TypeState
    channel: Channel
    title: str
    requester: PersonState
    team: str | None = None
    priority: Priority = "normal"
    followers: tuple[PersonState, ...] = ()
    fields: dict[str, JsonValue] | None = None
    tags: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()
    related: tuple[int, ...] = ()
    language: str | None = None
    item_kind: str = "ticket"


def make_item(ws: Workspace, new: NewItem, message: MessageState, cause: Cause) -> ItemState:
    """The item exists with its first message; people hear of it by the fact."""
    status = first_status(new.kind)
    followers = tuple(reference_to(p, _nonce(ws)) for p in _once(new.followers) if p.id != new.requester.id)
    item = ItemState(
        version=1,
        id=new.id,
        number=ws.next_number(),
        kind="task" if new.item_kind == "task" else "ticket",
        type=new.kind.key,
        channel=new.channel,
        title=(new.title.strip() or "(no subject)")[:TITLE_LIMIT],
        status=status.key,
        state=status.state,
        status_since=cause.now,
        priority=new.priority,
        requester=reference_to(new.requester, _nonce(ws)),
        organisation=ws.organisation_of(new.requester),
        team=new.team,
        followers=followers,
        tags=new.tags,
        fields=dict(new.fields or {}),
        mailboxes=new.mailboxes,
        related=new.related,
        language=new.language,
        created_at=cause.now,
        updated_at=cause.now,
        accepted_at=cause.envelope.accepted_at,
    )
    if is_incomplete(new.kind, item):
        item = item.model_copy(update={"incomplete": True})
    item, message = with_message(item, message)
    ws.put_item(item)
    ws.put_message(message)
    changes: Changes = {"title": (None, item.title), "status": (None, item.status)}
    fact = ItemCreated(item=item, changes=changes, message=message, actor_name=ws.name_of(cause))
    ws.tell_step("created", fact, cause, "made", message.id)
    return item


def add_message(
    ws: Workspace,
    item: ItemState,
    message: MessageState,
    cause: Cause,
    changes: Changes | None = None,
    accepted: bool = False,
) -> ItemState:
    """The message joins the conversation; `item` is as `changes` leave it, one version on already."""
    item, message = with_message(item, message)
    ws.put_item(item)
    ws.put_message(message)
    event = "message_accepted" if accepted else "message_added"
    fact = MessageAdded(
        item=item, changes=changes or {}, message=message, accepted=accepted, actor_name=ws.name_of(cause)
    )
    ws.tell_step(event, fact, cause, f"message:{message.id}", message.id)
    return item


def hold_message(ws: Workspace, item: ItemState, message: MessageState, cause: Cause) -> ItemState:
    """The message waits for staff on the item; nobody is mailed."""
    item = updated(item, cause, held_count=item.held_count + 1)
    message = message.model_copy(update={"item_id": item.id, "item_number": item.number})
    ws.put_item(item)
    ws.put_message(message)
    ws.tell_step("message_held", MessageHeld(item=item, message=message), cause, f"held:{message.id}", message.id)
    return item


def with_message(item: ItemState, message: MessageState) -> tuple[ItemState, MessageState]:
    """Item and message as they refer to each other."""
    values: dict[str, object] = {"message_count": item.message_count + 1}
    if message.public:
        values["public_message_ids"] = (*item.public_message_ids, message.id)[-LISTED:]
        if message.message_id is not None:
            values["last_message_ids"] = (*item.last_message_ids, message.message_id)[-LISTED:]
        if item.first_message_id is None and not item.public_message_ids:
            # The root never changes: what begins the conversation stays its root, whatever is received later.
            values |= {"first_message_id": message.id, "root_message_id": message.message_id}
    item = item.model_copy(update=values)
    return item, message.model_copy(update={"item_id": item.id, "item_number": item.number})


def follow(
    ws: Workspace, item: ItemState, people: list[PersonState]
) -> tuple[tuple[PersonRef, ...], list[PersonState]]:
    """The item's followers with these people among them, and who is new."""
    known = {item.requester.id, *(follower.id for follower in item.followers)}
    room = max(0, FOLLOWERS - len(item.followers))
    added = [person for person in _once(tuple(people)) if person.id not in known and person.active][:room]
    return (*item.followers, *(reference_to(person, _nonce(ws)) for person in added)), added


def queue_of(ws: Workspace, mailboxes: tuple[str, ...]) -> MailboxState | None:
    """The mailbox that gives type and team: the first that we know."""
    return next((ws.mailboxes[key] for key in mailboxes if key in ws.mailboxes), None)


def type_for(ws: Workspace, key: str | None) -> TypeState:
    """A type that exists: the asked one, else the first that is in use. Nothing accepted is refused for its type."""
    if key is not None and key in ws.types:
        return ws.types[key]
    return next((kind for kind in ws.types.values() if not kind.retired), next(iter(ws.types.values())))


def people_of(ws: Workspace, addresses: tuple[Address, ...]) -> list[PersonState]:
    """The people behind addresses, without our own mailboxes."""
    found = (ws.person(address.address) for address in addresses)
    ours = {mailbox.address for mailbox in ws.mailboxes.values()}
    return [person for person in found if person is not None and person.address not in ours]


def _nonce(ws: Workspace) -> str:
    return ws.new_id().hex[-16:]


def _once(people: tuple[PersonState, ...]) -> list[PersonState]:
    return list({person.id: person for person in people}.values())
