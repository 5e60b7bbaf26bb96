"""When a rule's mail is withheld: machines, strangers nobody vouched for, and addresses that had enough.

Rules:
- Mail that no human wrote, and held messages, get no automatic mail (RFC 3834 §2).
- An address gets at most five automatic mails an hour, whatever the rules say.
- A sender gets one automatic answer about an item a day; two rules on one message are one occasion.
- Where a border checks who sends, an answer goes out on dmarc=pass or to a known sender only.
- Nothing goes to our own mailboxes, nor where no mail can arrive.

Source: RFC 3834, RFC 2606 §2 (``.invalid``), PRODUCT R5.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from services.automation.domain.facts import Happened
from shared.contracts.state import MessageState, PersonRef
from shared.contracts.tickets import MessageAdded

MAILS_AN_HOUR = 5
#: Flags that leave open who wrote a mail.
_DOUBTFUL_FLAGS = frozenset({"dmarc_fail", "two_from_headers", "from_with_several_addresses"})


class Mailed(NamedTuple):
    """One automatic mail that counts: to whom, about what, on which occasion, and whether it answers its sender."""

    address: str
    item_id: UUID
    event_id: UUID
    answers: bool


@dataclass
class Caps:
    """What is known of the addresses that a batch may mail; all of them in lower case.

    Attributes:
        sent: automatic mails of the last hour by address.
        answered: (address, item) -> events whose sender was answered within a day.
        known: addresses that staff wrote to, or that a border vouched for.
        doubted: addresses that a border did not vouch for, and that are not known.
        ours: addresses of our mailboxes.
        new: mails to be counted.
        learnt: address -> is it known, for what the batch found out.
    """

    sent: dict[str, int] = field(default_factory=dict)
    answered: dict[tuple[str, UUID], set[UUID]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    ours: Set[str] = frozenset()
    new: list[Mailed] = field(default_factory=list)
    learnt: dict[str, bool] = field(default_factory=dict)

    def learn(self, event: Happened) -> None:
        """Who staff write to, and whom a border vouches for, is known from now on; whom it does not, is doubted."""
        for address in acquainted(event) - self.known:
            self.known.add(address)
            self.doubted.discard(address)
            self.learnt[address] = True
        for address in doubted(event) - self.known - self.doubted:
            self.doubted.add(address)
            self.learnt[address] = False

    def refusal(self, address: str, event: Happened) -> str:
        """Why one more automatic mail to this address is too many; "" when it may go."""
        key = address.lower()
        if key in self.ours:
            return "it is a mailbox of ours"
        if "@" not in key or key.endswith((".invalid", "@invalid")):
            return "no mail can arrive there"
        if _answers(key, event) and self.answered.get((key, event.item.id), set()) - {event.envelope.id}:
            return "the sender had an automatic answer about this item within a day"
        if self.sent.get(key, 0) >= MAILS_AN_HOUR:
            return f"{MAILS_AN_HOUR} automatic mails went to this address within an hour"
        return ""

    def count(self, address: str, event: Happened) -> None:
        """One more automatic mail goes to this address."""
        key = address.lower()
        mailed = Mailed(key, event.item.id, event.envelope.id, _answers(key, event))
        self.sent[key] = self.sent.get(key, 0) + 1
        if mailed.answers:
            self.answered.setdefault((key, event.item.id), set()).add(event.envelope.id)
        self.new.append(mailed)


def unfit(event: Happened, people: Sequence[PersonRef], caps: Caps) -> str:
    """Why nothing automatic may be mailed to these people on this event; "" when it may, as far as caps go."""
    message = event.message
    if message is not None and message.held:
        return "the message is held"
    if message is not None and message.automatic is not None:
        return f"no human wrote the message ({message.automatic})"
    if message is not None and _DOUBTFUL_FLAGS & set(message.flags):
        return "it is in doubt who wrote the message"
    if not all(person.staff or _vouched(event, person.address.lower(), caps) for person in people):
        return "the border does not vouch for the address, which is not known"
    return ""


def proven(event: Happened, caps: Caps) -> bool:
    """Is it sure enough who wrote the item's words, so that they may be quoted in a mail to a customer."""
    message = event.message
    if message is None or message.by != "customer":
        return event.item.requester.address.lower() in caps.known
    return _writer(message) in caps.known or _passes(message)


def acquainted(event: Happened) -> set[str]:
    """Addresses that this event makes known."""
    message, item, found = event.message, event.item, set[str]()
    if message is not None and message.held:
        return found
    if isinstance(event.fact, MessageAdded) and event.fact.message.by == "staff" and event.fact.message.public:
        found |= {person.address.lower() for person in (item.requester, *item.followers)}
    if message is not None and _passes(message) and not _DOUBTFUL_FLAGS & set(message.flags):
        found.add(_writer(message))
    if event.envelope.actor.startswith("agent:"):
        found.add(item.requester.address.lower())
    return found


def doubted(event: Happened) -> set[str]:
    """Addresses that a border looked at and did not vouch for."""
    message = event.message
    if message is None or message.channel != "mail" or not _checked(message) or _passes(message):
        return set()
    return {_writer(message)}


def _vouched(event: Happened, address: str, caps: Caps) -> bool:
    """May a confirmation go there: no border looks at mail, or it vouches for the sender, or the sender is known."""
    message = event.message
    if message is not None and _answers(address, event) and _passes(message):
        return True
    return address in caps.known or address not in caps.doubted


def _checked(message: MessageState) -> bool:
    return message.checked or bool(message.authentication)


def _passes(message: MessageState) -> bool:
    return _checked(message) and message.authentication.get("dmarc") == "pass"


def _answers(address: str, event: Happened) -> bool:
    """Is a mail to this address an answer to the one who wrote the event's message."""
    message = event.message
    return message is not None and message.by == "customer" and _writer(message) == address


def _writer(message: MessageState) -> str:
    """Who wrote it, by the address that they are known under; as written, where nobody knows who it was."""
    return (message.author.address if message.author else message.sender.address).lower()
