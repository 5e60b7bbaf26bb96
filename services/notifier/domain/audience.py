"""Who hears of a fact about an item.

Rules:
- A public message mails requester and followers once each; never its author.
- The requester's own first message mails them nothing: a rule acknowledges it.
- Whom the sender copied has the mail already, and follows from then on: what made them a follower mails them nothing.
- The assignee is mailed on customers' messages, and on being assigned by someone else.
- Internal notes, held messages, and changes of fields mail no customer.
- What a machine wrote is shown to staff, and mailed to no customer.
- One person gets one mail a fact, whatever the reasons.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.contracts.envelope import Envelope
from shared.contracts.state import MessageState, PersonRef
from shared.contracts.tickets import ItemChanged, ItemCreated, ItemFact, MessageAdded

Kind = Literal["message", "assignment", "customer_message"]


@dataclass(frozen=True)
class Hears:
    """One person, and why they are mailed."""

    person: PersonRef
    kind: Kind


class _Person(BaseModel):
    id: UUID


class _Item(BaseModel):
    requester: _Person
    followers: tuple[_Person, ...] = ()
    assignee: _Person | None = None


class _Message(BaseModel):
    author: _Person | None = None


class _Created(BaseModel):
    item: _Item
    message: _Message


class _Changed(BaseModel):
    item: _Item
    changes: dict[str, object] = {}


def mails_nobody(ce_type: str, value: bytes) -> bool:
    """Whether a fact is of the many that nobody hears of, told by a glance at its body.

    Most facts are a customer's own new ticket that nobody has yet, or a change that assigns nobody: looked at whole,
    each would be a claim in the inbox, and a transaction where it comes alone. What does not look right is not passed
    over here: whoever reads it whole says what is wrong with it.
    """
    try:
        if ce_type == ItemChanged.ce_type:
            return "assignee" not in _Changed.model_validate_json(value).changes
        if ce_type == ItemCreated.ce_type:
            seen = _Created.model_validate_json(value)
            item, author = seen.item, seen.message.author
            return author is not None and author == item.requester and not item.followers and item.assignee is None
    except ValidationError:
        return False
    return False


def audience(envelope: Envelope, fact: ItemFact) -> list[Hears]:
    """Everyone who is mailed about this fact, each once."""
    found: dict[UUID, Hears] = {}
    if isinstance(fact, ItemCreated | MessageAdded):
        for hears in _of_message(fact, fact.message):
            found.setdefault(hears.person.id, hears)
    if isinstance(fact, ItemChanged | MessageAdded) and "assignee" in fact.changes:
        assignee = fact.item.assignee
        if assignee is not None and envelope.actor != f"agent:{assignee.id}":
            found.setdefault(assignee.id, Hears(assignee, "assignment"))
    return list(found.values())


def told(fact: ItemFact) -> MessageState | None:
    """The message that mails about a fact may carry: a public one, or none."""
    message: MessageState | None = getattr(fact, "message", None)
    return message if message is not None and message.public and not message.held else None


def _of_message(fact: ItemFact, message: MessageState) -> list[Hears]:
    if told(fact) is None:
        return []
    item = fact.item
    author = message.author.id if message.author else None
    copied = {address.address.lower() for address in message.addressed}
    newcomers = _newcomers(fact)
    heard = []
    for person in (item.requester, *item.followers):
        has_it = str(person.id) in newcomers and person.address.lower() in copied
        if person.id != author and not has_it:
            heard.append(Hears(person, "customer_message" if person.staff and message.by == "customer" else "message"))
    if item.assignee is not None and item.assignee.id != author and message.by == "customer":
        heard.append(Hears(item.assignee, "customer_message"))
    if message.automatic not in {None, "list"}:
        return [hears for hears in heard if hears.person.staff]
    return heard


def _newcomers(fact: ItemFact) -> set[str]:
    """Ids of those who follow the item since this fact."""
    if isinstance(fact, ItemCreated):
        return {str(follower.id) for follower in fact.item.followers}
    before, after = fact.changes.get("followers", ([], []))
    return set(_ids(after)) - set(_ids(before))


def _ids(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
