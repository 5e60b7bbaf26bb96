"""The ids by which mail programs keep a conversation together.

Invariants:
- All recipients of one public message get the same Message-ID; any other mail has one of its own, minted alike.
- Every References begins with the item's root, whoever the recipient is, so that each sees one thread.
- References fit into one line, so that no id is ever folded or encoded (RFC 5322 §3.6.4, §2.1.1).
"""

import re
from uuid import UUID

from services.notifier.domain.desk import Desk
from shared.contracts.state import ItemState, MessageState
from shared.reply_address import mint_message_id

REFERENCES = 10
_LINE = 900
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,400}")


def message_id_of(desk: Desk, item: ItemState, message: MessageState | None, delivery_id: UUID) -> str:
    """The Message-ID of a mail that carries a public message, else of the delivery; the same each time it is asked."""
    about = delivery_id if message is None else message.id
    return mint_message_id(desk.house.keys, item.number, about, desk.house.mail_domain)


def references_of(desk: Desk, item: ItemState, message: MessageState | None) -> list[str]:
    """The root, then the nearest ancestors: what we wrote and, last, what came in by mail."""
    ours = [_minted(desk, item, m) for m in item.public_message_ids if message is None or m != message.id]
    received = [name for name in item.last_message_ids if message is None or name != message.message_id]
    root = _root(desk, item, message)
    rest = [
        name
        for name in dict.fromkeys((*ours[-REFERENCES // 2 :], *received[-REFERENCES // 2 :]))
        if name != root and _ID.fullmatch(name)
    ]
    while rest and sum(len(name) + 3 for name in (root or "", *rest)) > _LINE:
        del rest[0]
    return [*([root] if root else []), *rest]


def _root(desk: Desk, item: ItemState, message: MessageState | None) -> str | None:
    """The mail that began the conversation, else our name for the message that did; it never changes."""
    if item.root_message_id is not None and _ID.fullmatch(item.root_message_id):
        return item.root_message_id
    first = item.first_message_id
    return None if first is None or (message is not None and message.id == first) else _minted(desk, item, first)


def _minted(desk: Desk, item: ItemState, message_id: UUID) -> str:
    return mint_message_id(desk.house.keys, item.number, message_id, desk.house.mail_domain)
