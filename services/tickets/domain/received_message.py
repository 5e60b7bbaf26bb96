"""A received message as its item keeps it."""

from uuid import UUID

from services.tickets.domain.bounds import CLIPPED, FILES, TEXT_BYTES, clip
from services.tickets.domain.message_ids import ELDEST, NEAREST
from services.tickets.domain.threading import Placement, is_forged
from services.tickets.domain.workspace import Cause, reference_to
from shared.contracts.intake import MessageReceived
from shared.contracts.state import MessageState, PersonState
from shared.ids import derived_id

NOTICE_BYTES = 1000


def item_id_of(message: MessageReceived) -> UUID:
    """The id of the item that a message begins, the same on every replay."""
    return derived_id(message.receipt_id, "item")


def message_id_of(message: MessageReceived) -> UUID:
    return derived_id(message.receipt_id, "message")


def message_from(message: MessageReceived, sender: PersonState, placement: Placement, cause: Cause) -> MessageState:
    """The message where it is placed; what is too large for a record is clipped and flagged, the octets have it all.

    A held message names no author: who wrote it is what staff are to find out.
    """
    held, target = placement.how == "held", placement.item
    html = message.html if message.html is None or len(message.html.encode()) <= TEXT_BYTES else None
    text, full_text = clip(message.text), clip(message.full_text)
    clipped = (html, text, full_text) != (message.html, message.text, message.full_text)
    left_out = len(message.attachments) > FILES
    flags = [*message.flags[:20]]
    flags += ["dmarc_fail"] if is_forged(message) else []
    flags += [CLIPPED] if clipped or left_out else []
    return MessageState(
        version=1,
        id=message_id_of(message),
        # A new item has no number yet; it is filled in when item and message are joined.
        item_id=target.id if target else item_id_of(message),
        item_number=target.number if target else 0,
        author=None if held else reference_to(sender),
        by="staff" if placement.as_staff else "customer",
        sender=message.sender,
        channel=message.channel,
        public=placement.how in {"new", "joins"},
        held=held,
        held_reason=placement.reason,
        subject=message.subject[:500],
        text=text,
        full_text=full_text,
        html=html,
        body_blob=message.body_blob,
        raw_blob=message.raw_blob,
        attachments=message.attachments[:FILES],
        mailbox=message.mailboxes[0] if message.mailboxes else None,
        receipt_id=message.receipt_id,
        message_id=message.message_id,
        thread_ids=_listed(message.thread_ids),
        automatic=message.automatic,
        authentication=message.authentication,
        checked=message.checked,
        flags=tuple(flags),
        notice=clip(message.notice, NOTICE_BYTES),
        addressed=message.addressed[:ELDEST],
        created_at=cause.now,
        accepted_at=message.accepted_at,
    )


def _listed(thread_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The ancestors worth keeping, in order."""
    if len(thread_ids) <= NEAREST + ELDEST:
        return thread_ids
    return (*thread_ids[:NEAREST], *thread_ids[-ELDEST:])
