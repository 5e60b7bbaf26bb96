"""What staff do in a conversation: write, make an item for a caller, accept what is held, split it off."""

from services.tickets.domain.bounds import TAGS, fault_of_files, fault_of_size, fault_of_text
from services.tickets.domain.changes import FORBIDDEN, NOT_FOUND, Draft, conflicts_with, may_work, settled
from services.tickets.domain.items import NewItem, add_message, follow, make_item, people_of, queue_of, type_for
from services.tickets.domain.lifecycle import fault_of_fields
from services.tickets.domain.message_ids import all_keys, key_of
from services.tickets.domain.receive import wake
from services.tickets.domain.workspace import (
    Cause,
    Changes,
    Decision,
    Refusal,
    Workspace,
    reference_to,
    updated,
)
from shared.contracts.state import Address, ItemState, MessageState, PersonState
from shared.contracts.tickets import AcceptHeld, AddMessage, CreateItem, MessageSplit, SplitOff
from shared.ids import derived_id

HELD_NOT_FOUND = Refusal("not_found", "There is no such held message.")
EXISTS = Refusal("exists", "It exists already.")


def create_item(ws: Workspace, command: CreateItem, cause: Cause) -> Decision:
    """An item for a requester, as staff make it during a call; the requester hears as for any request."""
    if not may_work(ws, cause):
        return FORBIDDEN
    if ws.item(command.item_id) is not None:
        return EXISTS
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
    fault = _fault_of_written(ws, command)
    if fault is not None:
        return fault
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
    found = _held(ws, command, cause)
    if isinstance(found, Refusal):
        return found
    message, item, sender = found
    values: dict[str, object] = {"held_count": max(0, item.held_count - 1)}
    changes: Changes = {}
    if sender.role is None:
        woken, changes = wake(ws, item, cause)
        values |= woken
    if command.follow:
        followers, added = follow(ws, item, [sender])
        if added:
            values["followers"] = followers
            changes["followers"] = ([str(f.id) for f in item.followers], [str(f.id) for f in followers])
    as_staff = sender.role is not None and sender.id != item.requester.id
    public = _made_public(message, sender, cause, by="staff" if as_staff else "customer")
    item = add_message(ws, updated(item, cause, **values), public, cause, changes, accepted=True)
    ws.join_threads(all_keys(message.message_id, message.thread_ids), item.id)
    return settled(item, message_id=str(message.id))


def split_off(ws: Workspace, command: SplitOff, cause: Cause) -> Decision:
    """A held message becomes the first of an item of its own, by its sender, as if just received.

    - Its mailbox gives type and team; whom the sender copied follows.
    - Its Message-ID is the new item's, its ancestors stay with the item they belong to.
    """
    found = _held(ws, command, cause)
    if isinstance(found, Refusal):
        return found
    message, item, sender = found
    if ws.item(command.new_item_id) is not None:
        return EXISTS
    mailboxes = (message.mailbox,) if message.mailbox else item.mailboxes
    queue = queue_of(ws, mailboxes)
    kind = type_for(ws, queue.type if queue else item.type)
    new = NewItem(
        id=command.new_item_id,
        kind=kind,
        channel=message.channel,
        title=message.subject,
        requester=sender,
        team=(queue.team if queue else None) or kind.team,
        followers=tuple(people_of(ws, message.addressed)),
        mailboxes=mailboxes,
        related=(item.number,),
    )
    public = _made_public(message, sender, cause, by="customer", origin_item_id=item.id)
    made = make_item(ws, new, public, cause)
    left = updated(item, cause, held_count=max(0, item.held_count - 1))
    ws.put_item(left)
    split = MessageSplit(
        item=left,
        message=ws.messages[message.id],
        new_item_id=made.id,
        new_number=made.number,
        actor_name=ws.name_of(cause),
    )
    ws.tell_step("message_split", split, cause, "split", message.id)
    if message.message_id is not None:
        ws.join_threads([key_of(message.message_id)], made.id)
    return settled(made, message_id=str(message.id))


def _held(
    ws: Workspace, command: AcceptHeld | SplitOff, cause: Cause
) -> Refusal | tuple[MessageState, ItemState, PersonState]:
    """The held message that staff decide about, its item and its sender. No rule decides about it."""
    if not cause.is_staff or not may_work(ws, cause):
        return FORBIDDEN
    message, item = ws.messages.get(command.message_id), ws.item(command.item_id)
    if message is None or item is None or not message.held or message.item_id != item.id:
        return HELD_NOT_FOUND
    sender = ws.person(message.sender.address)
    return HELD_NOT_FOUND if sender is None else (message, item, sender)


def _made_public(message: MessageState, sender: PersonState, cause: Cause, **more: object) -> MessageState:
    """A message that was held, as everyone involved reads it from now on."""
    return message.model_copy(
        update={
            "version": message.version + 1,
            "held": False,
            "held_reason": None,
            "public": True,
            "created_at": cause.now,
            "author": reference_to(sender),
            **more,
        }
    )


def _fault_of_new(ws: Workspace, command: CreateItem) -> Refusal | None:
    if command.team is not None and command.team not in ws.teams:
        return Refusal("unknown_team", f"There is no team {command.team}.", about="team")
    if not command.title.strip():
        return Refusal("invalid", "A title is needed.", about="title")
    if len(command.tags) > TAGS or any(not tag.strip() or len(tag) > 60 for tag in command.tags):
        return Refusal("invalid", f"At most {TAGS} tags, each of at most 60 characters.", about="tags")
    return fault_of_text(command.text) or fault_of_files(command.attachments) or fault_of_size(dict(command.fields))


def _fault_of_written(ws: Workspace, command: AddMessage) -> Refusal | None:
    if command.message_id in ws.messages:
        return EXISTS
    if not command.text.strip() and not command.attachments:
        return Refusal("invalid", "Write something first.", about="text")
    return fault_of_text(command.text) or fault_of_files(command.attachments)


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
