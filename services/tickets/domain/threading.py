"""Which conversation a message belongs to, by proof, in the order of its strength.

Order: signed request page; our reply address; our Message-ID among the references; any Message-ID we have seen; a
subject number, for those involved alone. A proof shows *which* item; *who* writes must be involved, else it is held.

Source: RFC 5322 §3.6.4, RFC 5256 (references, nearest ancestor first).
"""

from dataclasses import dataclass
from typing import Literal

from services.tickets.domain.message_ids import all_keys
from services.tickets.domain.workspace import Workspace
from shared.contracts.intake import MessageReceived, TokenClaim
from shared.contracts.state import ItemState, PersonState

#: What a mail may be flagged with that leaves open who wrote it.
AMBIGUOUS = frozenset({"two_from_headers", "from_with_several_addresses"})


@dataclass(frozen=True)
class Placement:
    """Where a message goes, and whose word it is.

    Attributes:
        how: ``new``; ``joins`` the conversation; ``note``: a machine's word, kept on the item for staff; ``held``.
        reason: why it is held: ``stranger``, ``dmarc_fail``, ``ambiguous_sender``, ``staff_not_proven``.
        as_staff: it is the desk's answer; else it is the word of a customer, whoever their employer.
        related: numbers it may belong to.
    """

    how: Literal["new", "joins", "note", "held"]
    item: ItemState | None = None
    reason: str | None = None
    as_staff: bool = False
    related: tuple[int, ...] = ()


def place(ws: Workspace, message: MessageReceived, sender: PersonState) -> Placement:
    """Decide where a received message goes."""
    if message.item_id is not None:
        return _from_request_page(ws.item(message.item_id), sender)
    item = proven(ws, message)
    if item is not None:
        return _who(item, message, sender)
    for number in message.subject_numbers:
        numbered = ws.item_numbered(number)
        if numbered is not None and _may_join_by_number(numbered, message, sender):
            return Placement("note" if written_by_machine(message) else "joins", numbered)
    related = tuple(n for n in message.subject_numbers if ws.item_numbered(n) is not None)
    return Placement("new", related=related)


def proven(ws: Workspace, message: MessageReceived) -> ItemState | None:
    """The item that a token or a reference names, whoever sent it."""
    for claim in (*message.reply_tokens, *message.own_ids):
        item = _claimed(ws, claim)
        if item is not None:
            return item
    own_key_last = all_keys(None, message.thread_ids) + all_keys(message.message_id, ())
    for key in own_key_last:
        item = ws.item(ws.threads.get(key))
        if item is not None:
            return item
    return None


def takes_part(item: ItemState, person: PersonState) -> bool:
    """Requester and followers take part by themselves; staff by their role, which a mail must prove."""
    return person.id == item.requester.id or any(person.id == follower.id for follower in item.followers)


def written_by_machine(message: MessageReceived) -> bool:
    """An auto-reply, report or loop. What came by a list was written by someone, it is only not to be answered."""
    return message.automatic not in {None, "list"}


def is_forged(message: MessageReceived) -> bool:
    """Our border says that the sender's domain disowns it."""
    return message.checked and message.authentication.get("dmarc") == "fail"


def _from_request_page(item: ItemState | None, sender: PersonState) -> Placement:
    """The link was signed for this person; it ends when the follower goes."""
    if item is None:
        return Placement("new")
    if sender.role is None and not takes_part(item, sender):
        return Placement("held", item, "stranger")
    return Placement("joins", item, as_staff=sender.role is not None and sender.id != item.requester.id)


def _claimed(ws: Workspace, claim: TokenClaim) -> ItemState | None:
    """The item of a name that we minted, by its number.

    A Message-ID says besides what the mail carried. Where that was no message (an acknowledgement, an assignment), its
    MAC proves the number alone. A message that is known must be public on that item: one that is on another item by
    now, or that nobody outside has seen, draws no answer into a conversation.
    """
    item = ws.item_numbered(claim.number)
    if item is None or claim.message_prefix is None:
        return item
    public_on = ws.prefixes.get(claim.message_prefix)
    return item if public_on is None or item.id in public_on else None


def _who(item: ItemState, message: MessageReceived, sender: PersonState) -> Placement:
    if written_by_machine(message):
        return Placement("note", item)
    if AMBIGUOUS & set(message.flags):
        return Placement("held", item, "ambiguous_sender")
    if is_forged(message):
        return Placement("held", item, "dmarc_fail")
    if sender.id == item.requester.id:
        return Placement("joins", item)
    if sender.role is not None:
        proved = _is_staff_proven(item, message)
        return Placement("joins", item, as_staff=True) if proved else Placement("held", item, "staff_not_proven")
    return Placement("joins", item) if takes_part(item, sender) else Placement("held", item, "stranger")


def _is_staff_proven(item: ItemState, message: MessageReceived) -> bool:
    """To speak for the desk by mail takes our border's word for the address, and the item's own reply address."""
    named = any(claim.number == item.number for claim in message.reply_tokens)
    return named and message.checked and message.authentication.get("dmarc") == "pass"


def _may_join_by_number(item: ItemState, message: MessageReceived, sender: PersonState) -> bool:
    """A number is no proof: only requester and followers get by with it, and staff never do for the desk."""
    if is_forged(message) or AMBIGUOUS & set(message.flags):
        return False
    return sender.id == item.requester.id or (sender.role is None and takes_part(item, sender))
