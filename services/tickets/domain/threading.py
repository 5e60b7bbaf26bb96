"""Which conversation a message belongs to, by proof, in the order of its strength.

Order: signed request page; our reply address; our Message-ID among the references; any Message-ID we have seen; a
subject number, for those involved alone. A proof shows *which* item; *who* writes must be involved, else it is held.

Source: RFC 5322 §3.6.4, RFC 5256 (references, nearest ancestor first).
"""

from dataclasses import dataclass
from typing import Literal

from services.tickets.domain.addresses import normalise
from services.tickets.domain.workspace import Workspace, involved
from shared.contracts.intake import MessageReceived, TokenClaim
from shared.contracts.state import ItemState, PersonState


@dataclass(frozen=True)
class Placement:
    """Where a message goes.

    Attributes:
        how: ``new``, ``joins`` or ``held``.
        related: numbers it may belong to.
    """

    how: Literal["new", "joins", "held"]
    item: ItemState | None = None
    reason: str | None = None
    related: tuple[int, ...] = ()


def place(ws: Workspace, message: MessageReceived, sender: PersonState | None) -> Placement:
    """Decide where a received message goes."""
    if message.item_id is not None:
        item = ws.item(message.item_id)
        return Placement("new") if item is None else Placement("joins", item)
    item = proven(ws, message)
    if item is not None:
        return _who(item, message, sender)
    for number in message.subject_numbers:
        numbered = ws.item_numbered(number)
        if numbered is not None and sender is not None and is_involved(numbered, sender) and not _forged(message):
            return Placement("joins", numbered)
    related = tuple(n for n in message.subject_numbers if ws.item_numbered(n) is not None)
    return Placement("new", related=related)


def proven(ws: Workspace, message: MessageReceived) -> ItemState | None:
    """The item that a token or a reference names, whoever sent it."""
    for claim in (*message.reply_tokens, *message.own_ids):
        item = _claimed(ws, claim)
        if item is not None:
            return item
    for name in (*message.thread_ids, *([message.message_id] if message.message_id else [])):
        item = ws.item(ws.threads.get(name))
        if item is not None:
            return item
    return None


def is_involved(item: ItemState, person: PersonState) -> bool:
    """Requester, followers, assignee and staff take part; nobody else."""
    return person.role is not None or person.id in {ref.id for ref in involved(item)}


def _claimed(ws: Workspace, claim: TokenClaim) -> ItemState | None:
    """A token names its item by number; a Message-ID the message too, and both must exist together."""
    item = ws.item_numbered(claim.number)
    if item is None or claim.message_prefix is None:
        return item
    return item if (item.id, claim.message_prefix) in ws.known_prefixes else None


def _who(item: ItemState, message: MessageReceived, sender: PersonState | None) -> Placement:
    if message.automatic is not None:
        return Placement("joins", item) if sender and is_involved(item, sender) else Placement("held", item, "stranger")
    if _forged(message):
        return Placement("held", item, "dmarc_fail")
    if sender is None or not is_involved(item, sender):
        return Placement("held", item, "stranger")
    if "two_from_headers" in message.flags or "from_with_several_addresses" in message.flags:
        return Placement("held", item, "ambiguous_sender")
    if sender.role is not None and message.checked and message.authentication.get("dmarc") != "pass":
        return Placement("held", item, "staff_not_proven")
    return Placement("joins", item)


def _forged(message: MessageReceived) -> bool:
    return message.checked and message.authentication.get("dmarc") == "fail"


def same_address(left: str, right: str) -> bool:
    return normalise(left) == normalise(right)
