"""What staff do in a conversation: write, make an item for a caller, accept what is held, split it off."""

from pydantic import JsonValue

from services.tickets.domain.changes import FORBIDDEN, NOT_FOUND, Draft, conflicts_with, may_work, settled
from services.tickets.domain.items import NewItem, add_message, follow, make_item, people_of, type_for
from services.tickets.domain.lifecycle import fault_of_fields
from services.tickets.domain.workspace import Cause, Changes, Decision, Refusal, Workspace, reference_to, updated
from shared.contracts.state import Address, ItemState, MessageState
from shared.contracts.tickets import AcceptHeld, AddMessage, CreateItem, MessageSplit, SplitOff
from shared.ids import derived_id

HELD_NOT_FOUND = Refusal("not_found", "There is no such held message.")


def create_item(ws: Workspace, command: CreateItem, cause: Cause) -> Decision:
    """An item for a requester, as staff make it during a call; the requester hears as for any request."""
    if not may_work(ws, cause):
        return FORBIDDEN
    kind, requester = ws.types.get(command.type), ws.person(command.requester.address)
    if kind is None or kind.retired:
        return Refusal("unknown_type", f"There is no type {command.type} in use.", about="type")
    if requester is None:
        return Refusal("invalid", "The requester needs an address.", about="requester.address")
    fault = _fault_of_new(ws, command) or fault_of_fields(kind, command.fields)
    if fault is not None:
        return fault
    new = NewItem(
        id=command.item_id,
        kind=kind,
        channel=command.channel,
        title=command.title,
        requester=requester,
        team=command.team or kind.team,
        priority=command.priority,
        fields=dict(command.fields),
        tags=command.tags,
        item_kind=command.kind,
    )
    message = MessageState(
        version=1,
        id=derived_id(command.item_id, "message"),
        item_id=command.item_id,
        item_number=0,
        author=reference_to(requester),
        by="customer",
        sender=command.requester,
        channel=command.channel,
        public=True,
        subject=command.title,
        text=command.text,
        attachments=command.attachments,
        created_at=cause.now,
        accepted_at=cause.envelope.accepted_at,
    )
    item = make_item(ws, new, message, cause)
    return settled(item, message_id=str(message.id))


def write(ws: Workspace, command: AddMessage, cause: Cause) -> Decision:
    """A public reply or an internal note. It never conflicts; the fields beside it may."""
    if not may_work(ws, cause):
        return FORBIDDEN
    item = ws.item(command.item_id)
    if item is None:
        return NOT_FOUND
    if not command.text.strip() and not command.attachments:
        return Refusal("invalid", "Write something first.", about="text")
    clash = conflicts_with(ws, item, command.set, command.based_on)
    if clash is not None:
        return clash
    draft = Draft(ws, item, cause)
    refusal = draft.set(command.set)
    if refusal is not None:
        return refusal
    changed, changes = draft.finish()
    message = _written(ws, changed, command, cause)
    return settled(add_message(ws, changed, message, cause, changes), message_id=str(message.id))


def accept(ws: Workspace, command: AcceptHeld, cause: Cause) -> Decision:
    """A held message becomes public as of now; its ids are the item's, and its sender follows unless unticked."""
    if not may_work(ws, cause):
        return FORBIDDEN
    message, item = ws.messages.get(command.message_id), ws.item(command.item_id)
    if message is None or item is None or not message.held or message.item_id != item.id:
        return HELD_NOT_FOUND
    sender = ws.person(message.sender.address)
    values: dict[str, object] = {"held_count": max(0, item.held_count - 1)}
    changes: Changes = {}
    if command.follow and sender is not None:
        followers, added = follow(ws, item, [sender])
        if added:
            values["followers"] = followers
            changes["followers"] = (_ids(item), [*_ids(item), *(str(person.id) for person in added)])
    public = message.model_copy(
        update={
            "version": message.version + 1,
            "held": False,
            "public": True,
            "created_at": cause.now,
            "author": reference_to(sender) if sender else None,
        }
    )
    item = add_message(ws, updated(item, cause, **values), public, cause, changes, accepted=True)
    ws.join_threads([*([message.message_id] if message.message_id else []), *message.thread_ids], item.id)
    return settled(item, message_id=str(message.id))


def split_off(ws: Workspace, command: SplitOff, cause: Cause) -> Decision:
    """A held message becomes the first of an item of its own, by its sender, as if just received."""
    if not may_work(ws, cause):
        return FORBIDDEN
    message, item = ws.messages.get(command.message_id), ws.item(command.item_id)
    if message is None or item is None or not message.held or message.item_id != item.id:
        return HELD_NOT_FOUND
    sender = ws.person(message.sender.address)
    if sender is None:
        return HELD_NOT_FOUND
    left = updated(item, cause, held_count=max(0, item.held_count - 1))
    new = NewItem(
        id=command.new_item_id,
        kind=type_for(ws, item.type),
        channel=message.channel,
        title=message.subject,
        requester=sender,
        team=item.team,
        mailboxes=item.mailboxes,
        related=(item.number,),
        language=item.language,
        followers=tuple(people_of(ws, ())),
    )
    public = message.model_copy(
        update={
            "version": message.version + 1,
            "held": False,
            "public": True,
            "held_reason": None,
            "origin_item_id": item.id,
            "author": reference_to(sender),
            "created_at": cause.now,
        }
    )
    made = make_item(ws, new, public, cause)
    ws.put_item(left)
    ws.record_change(left, cause, "message_split", {}, message.id)
    fact = MessageSplit(
        item=left,
        message=ws.messages[message.id],
        new_item_id=made.id,
        new_number=made.number,
        actor_name=ws.name_of(cause),
    )
    ws.tell(fact, left, cause, "split")
    if message.message_id is not None:
        ws.join_threads([message.message_id], made.id)
    return settled(made, message_id=str(message.id))


def _fault_of_new(ws: Workspace, command: CreateItem) -> Refusal | None:
    if command.team is not None and command.team not in ws.teams:
        return Refusal("unknown_team", f"There is no team {command.team}.", about="team")
    if not command.title.strip():
        return Refusal("invalid", "A title is needed.", about="title")
    return None


def _written(ws: Workspace, item: ItemState, command: AddMessage, cause: Cause) -> MessageState:
    person = ws.people.get(cause.actor_id) if cause.actor_id else None
    name = person.name or person.address if person else "Rule"
    return MessageState(
        version=1,
        id=command.message_id,
        item_id=item.id,
        item_number=item.number,
        author=reference_to(person) if person else None,
        by="staff" if person else "system",
        sender=Address(address=person.address if person else "", name=name),
        channel=item.channel,
        public=command.public,
        text=command.text,
        attachments=command.attachments,
        created_at=cause.now,
        accepted_at=cause.envelope.accepted_at,
    )


def _ids(item: ItemState) -> list[JsonValue]:
    return [str(follower.id) for follower in item.followers]
