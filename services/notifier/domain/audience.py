"""Who hears of a fact about an item.

Rules:
- A public message mails requester and followers once each; never its author.
- The requester's own first message mails them nothing: a rule acknowledges it.
- Assignee and followers of staff are mailed on customers' messages; an assignee on being assigned by someone else.
- Internal notes, held messages, and changes of fields mail no customer.
- One person gets one mail a fact, whatever the reasons.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.state import ItemState, MessageState, PersonRef
from shared.contracts.tickets import ItemChanged, ItemCreated, ItemFact, MessageAdded

Kind = Literal["message", "assignment", "customer_message", "rule"]


@dataclass(frozen=True)
class Hears:
    """One person, and why they are mailed."""

    person: PersonRef
    kind: Kind


def audience(envelope: Envelope, fact: ItemFact) -> list[Hears]:
    """Everyone who is mailed about this fact, each once."""
    found: dict[UUID, Hears] = {}
    if isinstance(fact, ItemCreated | MessageAdded):
        for hears in _of_message(fact.item, fact.message):
            found.setdefault(hears.person.id, hears)
    if isinstance(fact, ItemChanged | MessageAdded) and "assignee" in fact.changes:
        assignee = fact.item.assignee
        if assignee is not None and envelope.actor != f"agent:{assignee.id}":
            found.setdefault(assignee.id, Hears(assignee, "assignment"))
    return list(found.values())


def _of_message(item: ItemState, message: MessageState) -> list[Hears]:
    if not message.public or message.held:
        return []
    author = message.author.id if message.author else None
    people = [person for person in (item.requester, *item.followers) if person.id != author]
    heard = [Hears(person, "customer_message" if person.staff else "message") for person in people]
    if item.assignee is not None and item.assignee.id != author and message.by == "customer":
        heard.append(Hears(item.assignee, "customer_message"))
    if message.automatic is not None:
        # Nobody answers a machine: what it wrote is shown to staff, and mailed to no customer.
        return [hears for hears in heard if hears.person.staff]
    return heard
