"""What becomes of a message that came in by mail, form or request page.

Rules:
- A new request makes an item; mailbox or form give type and team; whom the sender copied follows it.
- An answer of someone involved joins the conversation; a customer's wakes an item that is finished or waits for them;
  whom the sender copied follows from then on.
- A message with a valid proof by anyone else is held; it mails nobody and the sender learns nothing.
- A machine's mail about an item is a note on it: it is mailed to nobody and wakes nothing.
- The requester never changes by itself.
"""

from collections.abc import Sequence

from pydantic import JsonValue

from services.tickets.domain.bounds import MAILBOXES, fitting_fields
from services.tickets.domain.items import (
    NewItem,
    add_message,
    follow,
    hold_message,
    make_item,
    people_of,
    queue_of,
    type_for,
)
from services.tickets.domain.lifecycle import awakened_status
from services.tickets.domain.message_ids import all_keys
from services.tickets.domain.needs import COPY_WAITS, NOBODY
from services.tickets.domain.received_message import item_id_of, message_from
from services.tickets.domain.threading import Placement, is_forged, place, proven
from services.tickets.domain.workspace import (
    Cause,
    Changes,
    Decision,
    Refusal,
    Settled,
    Wait,
    Workspace,
    updated,
)
from shared.contracts.intake import MessageAlsoReceived, MessageReceived
from shared.contracts.state import ItemState, MessageState, PersonState
from shared.contracts.tickets import ItemChanged, ReferenceChanged

_DISPOSITIONS = {"new": "created", "joins": "threaded", "note": "threaded", "held": "held"}


def receive(ws: Workspace, message: MessageReceived, cause: Cause) -> Decision:
    """Decide one received message; its ids are the item's from now on."""
    known = ws.item(ws.receipts.get(message.receipt_id))
    if known is not None:
        disposition = "created" if known.id == item_id_of(message) else "threaded"
        return _settled(known, disposition)
    sender = _sender(ws, message)
    if sender is None:
        return Refusal("no_sender", "Nobody can be told to have sent it.")
    placement = place(ws, message, sender)
    if placement.how != "held" and not is_forged(message):
        sender = _named(ws, sender, message, cause)
    received = message_from(message, sender, placement, cause)
    item = _carry_out(ws, message, received, placement, sender, cause)
    if placement.how != "held":
        ws.join_threads(all_keys(message.message_id, message.thread_ids), item.id)
    return _settled(item, _DISPOSITIONS[placement.how], message_id=str(received.id))


def new_items_at_most(ws: Workspace, messages: Sequence[MessageReceived]) -> int:
    """How many items these messages make at most; numbers are taken for so many."""
    return sum(
        ws.item(message.item_id) is None and message.receipt_id not in ws.receipts and proven(ws, message) is None
        for message in messages
    )


def also_received(ws: Workspace, message: MessageAlsoReceived, cause: Cause) -> Decision:
    """A known message came through another mailbox: the item lists it. One whose original has not come waits for it."""
    item = ws.item(ws.receipts.get(message.original_receipt_id))
    if item is None and cause.now - cause.envelope.time > COPY_WAITS:
        return Refusal("unknown_original", "The message that it repeats never became an item.")
    if item is None:
        return Wait("the original has not come yet")
    if message.mailbox not in item.mailboxes and len(item.mailboxes) < MAILBOXES:
        before: list[JsonValue] = list(item.mailboxes)
        item = updated(item, cause, mailboxes=(*item.mailboxes, message.mailbox))
        ws.put_item(item)
        changes: Changes = {"mailboxes": (before, [*item.mailboxes])}
        ws.tell_step("changed", ItemChanged(item=item, changes=changes), cause, "also_received")
    return _settled(item, "also_received")


def wake(ws: Workspace, item: ItemState, cause: Cause) -> tuple[dict[str, object], Changes]:
    """What a customer's word changes of an item that is finished or waits for them: it is at work again."""
    status = awakened_status(type_for(ws, item.type), item)
    if status is None:
        return {}, {}
    values: dict[str, object] = {"status": status.key, "state": status.state, "status_since": cause.now}
    return values, {"status": (item.status, status.key)}


def _settled(item: ItemState, disposition: str, **more: JsonValue) -> Settled:
    name = str(item.id)
    result: dict[str, JsonValue] = {"item_id": name, "number": item.number, "version": item.version}
    return Settled(name, {**result, **more, "disposition": disposition})


def _sender(ws: Workspace, message: MessageReceived) -> PersonState | None:
    """Who sent it: the person of a signed link, else the address's; a mail of nobody is nobody's, but not lost."""
    if message.person_id is not None and message.person_id in ws.people:
        return ws.people[message.person_id]
    return ws.person(message.sender.address) or ws.person(NOBODY.address)


def _named(ws: Workspace, sender: PersonState, message: MessageReceived, cause: Cause) -> PersonState:
    """A person known by address alone gets the name they write under; a known name stays."""
    name = message.sender.name.strip()[:200]
    if sender.name or not name or sender.address == NOBODY.address:
        return sender
    sender = sender.model_copy(update={"name": name, "version": sender.version + 1})
    ws.put_person(sender)
    ws.tell(ReferenceChanged(reference=sender), sender, cause, f"named:{sender.id}")
    return sender


def _carry_out(
    ws: Workspace,
    message: MessageReceived,
    received: MessageState,
    placement: Placement,
    sender: PersonState,
    cause: Cause,
) -> ItemState:
    if placement.how == "new" or placement.item is None:
        return _begin(ws, message, received, placement, sender, cause)
    if placement.how == "held":
        return hold_message(ws, placement.item, received, cause)
    if placement.how == "note":
        return add_message(ws, updated(placement.item, cause), received, cause)
    item, changes = _joined(ws, placement, message, cause)
    return add_message(ws, item, received, cause, changes)


def _begin(
    ws: Workspace,
    message: MessageReceived,
    received: MessageState,
    placement: Placement,
    sender: PersonState,
    cause: Cause,
) -> ItemState:
    form = ws.forms.get(message.form) if message.form else None
    mailboxes = (form.mailbox,) if form else message.mailboxes[:MAILBOXES]
    queue = queue_of(ws, mailboxes)
    kind = type_for(ws, form.type if form else queue.type if queue else None)
    new = NewItem(
        id=item_id_of(message),
        kind=kind,
        channel=message.channel,
        title=message.subject,
        requester=sender,
        # A form's type knows its team; a mailbox that serves several types is only where answers come in.
        team=(kind.team if form else None) or (queue.team if queue else None) or kind.team,
        followers=tuple(people_of(ws, message.addressed)),
        fields=fitting_fields(message.fields),
        mailboxes=mailboxes,
        related=placement.related,
        language=message.language,
    )
    return make_item(ws, new, received, cause)


def _joined(ws: Workspace, placement: Placement, message: MessageReceived, cause: Cause) -> tuple[ItemState, Changes]:
    """The item one version on: with new followers, and at work again."""
    item = placement.item
    if item is None:
        raise ValueError("only an item can be joined")
    values, changes = ({}, {}) if placement.as_staff else wake(ws, item, cause)
    followers, added = follow(ws, item, people_of(ws, message.addressed))
    if added:
        values["followers"] = followers
        changes["followers"] = ([str(f.id) for f in item.followers], [str(f.id) for f in followers])
    return updated(item, cause, **values), changes
