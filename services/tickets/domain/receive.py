"""What becomes of a message that came in by mail, form or request page.

Rules:
- A new request makes an item; mailbox or form give type and team; whom the sender copied follows it.
- An answer of someone involved joins the conversation and wakes a finished item; whom they copied follows from then on.
- A message with a valid proof by anyone else is held; it mails nobody and the sender learns nothing.
- Automatic mail is kept on its item; it wakes nothing.
- The requester never changes by itself.
"""

from datetime import timedelta

from pydantic import JsonValue

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
from services.tickets.domain.lifecycle import reopened_status
from services.tickets.domain.threading import Placement, place
from services.tickets.domain.workspace import (
    Cause,
    Changes,
    Decision,
    Refusal,
    Settled,
    Wait,
    Workspace,
    reference_to,
    updated,
)
from shared.contracts.intake import MessageAlsoReceived, MessageReceived
from shared.contracts.state import ItemState, MessageState, PersonState
from shared.contracts.tickets import ItemChanged
from shared.ids import derived_id

NOBODY = "its sender is not loaded"
#: A copy waits this long for its original; past that the original was given up, and nothing may wait behind it.
ORIGINAL_WITHIN = timedelta(minutes=1)


def receive(ws: Workspace, message: MessageReceived, cause: Cause) -> Decision:
    """Decide one received message; its ids are the item's from now on."""
    sender = ws.people.get(message.person_id) if message.person_id else ws.person(message.sender.address)
    if sender is None:
        return Wait(NOBODY)
    placement = place(ws, message, sender)
    received = _message(message, sender, placement, cause)
    item = _carry_out(ws, message, received, placement, sender, cause)
    if placement.how != "held":
        ws.join_threads([*([message.message_id] if message.message_id else []), *message.thread_ids], item.id)
    disposition = {"new": "created", "joins": "threaded", "held": "held"}[placement.how]
    return Settled(
        str(item.id),
        {
            "item_id": str(item.id),
            "number": item.number,
            "version": item.version,
            "message_id": str(received.id),
            "disposition": disposition,
        },
    )


def also_received(ws: Workspace, message: MessageAlsoReceived, cause: Cause) -> Decision:
    """A known message came through another mailbox: the item lists it."""
    item = ws.item(ws.receipts.get(message.original_receipt_id))
    if item is None and cause.now - cause.envelope.time > ORIGINAL_WITHIN:
        return Refusal("unknown_original", "The message that it repeats never became an item.")
    if item is None:
        return Wait("the original has not come yet")
    if message.mailbox not in item.mailboxes:
        before: list[JsonValue] = list(item.mailboxes)
        item = updated(item, cause, mailboxes=(*item.mailboxes, message.mailbox))
        ws.put_item(item)
        changes: Changes = {"mailboxes": (before, [*item.mailboxes])}
        ws.record_change(item, cause, "changed", changes)
        ws.tell(ItemChanged(item=item, changes=changes), item, cause, "also_received")
    return Settled(
        str(item.id),
        {
            "item_id": str(item.id),
            "number": item.number,
            "version": item.version,
            "disposition": "also_received",
        },
    )


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
    item, changes = _woken(ws, placement.item, message, sender, cause)
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
    queue = queue_of(ws, (form.mailbox,) if form else message.mailboxes)
    kind = type_for(ws, form.type if form else queue.type if queue else None)
    new = NewItem(
        id=derived_id(message.receipt_id, "item"),
        kind=kind,
        channel=message.channel,
        title=message.subject,
        requester=sender,
        team=(queue.team if queue else None) or kind.team,
        followers=tuple(p for p in people_of(ws, message.addressed) if not _is_ours(ws, p)),
        fields=dict(message.fields),
        mailboxes=(form.mailbox,) if form else message.mailboxes,
        related=placement.related,
        language=message.language,
    )
    return make_item(ws, new, received, cause)


def _woken(
    ws: Workspace, item: ItemState, message: MessageReceived, sender: PersonState, cause: Cause
) -> tuple[ItemState, Changes]:
    """The item one version on: new followers, and back at work where it was finished or waited on the customer."""
    changes: Changes = {}
    values: dict[str, object] = {}
    if message.automatic is None:
        copied = [p for p in people_of(ws, message.addressed) if not _is_ours(ws, p)]
        followers, added = follow(ws, item, copied)
        if added:
            values["followers"] = followers
            changes["followers"] = ([str(f.id) for f in item.followers], [str(f.id) for f in followers])
        kind = type_for(ws, item.type)
        waiting = next((s.waits_on for s in kind.statuses if s.key == item.status), "none") == "customer"
        if sender.role is None and (item.state == "finished" or waiting):
            status = reopened_status(kind)
            values |= {"status": status.key, "state": status.state, "status_since": cause.now}
            changes["status"] = (item.status, status.key)
    return updated(item, cause, **values), changes


def _message(message: MessageReceived, sender: PersonState, placement: Placement, cause: Cause) -> MessageState:
    held = placement.how == "held"
    # An item's id does not exist yet for a new one; `with_message` fills in both.
    target = placement.item
    item_id = target.id if target else derived_id(message.receipt_id, "item")
    return MessageState(
        version=1,
        id=derived_id(message.receipt_id, "message"),
        item_id=item_id,
        item_number=target.number if target else 0,
        author=None if placement.reason == "stranger" else reference_to(sender),
        by="staff" if sender.role is not None and message.automatic is None else "customer",
        sender=message.sender,
        channel=message.channel,
        public=not held,
        held=held,
        held_reason=placement.reason,
        subject=message.subject,
        text=message.text,
        full_text=message.full_text,
        html=message.html,
        body_blob=message.body_blob,
        raw_blob=message.raw_blob,
        attachments=message.attachments,
        mailbox=message.mailboxes[0] if message.mailboxes else None,
        receipt_id=message.receipt_id,
        message_id=message.message_id,
        thread_ids=message.thread_ids,
        automatic=message.automatic,
        authentication=message.authentication,
        flags=message.flags,
        addressed=message.addressed,
        created_at=cause.now,
        accepted_at=message.accepted_at,
    )


def _is_ours(ws: Workspace, person: PersonState) -> bool:
    return person.address in {mailbox.address for mailbox in ws.mailboxes.values()}
