"""Who may open a request's page by a signed link, and what of the item it shows.

Invariant: a page, its files and its texts come from `readable` alone: public, not held, of this very item.
"""

import hmac
from collections.abc import Iterable

from shared.contracts.state import AttachmentRef, ItemState, MessageState, PersonRef, PersonState
from shared.links import RequestLink


def opens(link: RequestLink, item: ItemState | None, person: PersonState | None) -> bool:
    """A link still opens its item: its person takes part by the nonce that it was signed with, and is active."""
    if item is None or person is None or not person.active:
        return False
    if (item.id, person.id) != (link.item_id, link.person_id):
        return False
    return any(_is_theirs(link, ref) for ref in (item.requester, *item.followers))


def readable(messages: Iterable[MessageState], item: ItemState) -> list[MessageState]:
    """What customers may read of these messages: the item's own public ones that wait for nobody."""
    return [message for message in messages if message.public and not message.held and message.item_id == item.id]


def file_of(message: MessageState | None, item: ItemState, place: int) -> AttachmentRef | None:
    """A file of a message that customers may read, by its place; none for whatever is not theirs to read."""
    if message is None or not readable([message], item) or not 0 <= place < len(message.attachments):
        return None
    return message.attachments[place]


def _is_theirs(link: RequestLink, ref: PersonRef) -> bool:
    if ref.id != link.person_id or not ref.link_nonce:
        return False
    return hmac.compare_digest(ref.link_nonce.encode(), link.nonce.encode())
