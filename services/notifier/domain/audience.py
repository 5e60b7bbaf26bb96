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

from shared.contracts.envelope import Envelope
from shared.contracts.state import MessageState, PersonRef
from shared.contracts.tickets import ItemChanged, ItemCreated, ItemFact, MessageAdded

Kind = Literal["message", "assignment", "customer_message"]


@dataclass(frozen=True)
class Hears:
    """One person, and why they are mailed."""

    person: PersonRef
    kind: Kind


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
