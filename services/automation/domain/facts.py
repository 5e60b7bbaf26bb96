"""What filters see of an event: one flat table of values, keys beside labels."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.state import ItemState, MessageState
from shared.contracts.tickets import ItemChanged, ItemCreated, ItemFact, MessageAdded, MessageHeld

_TRIGGER_OF: dict[type[Message], str] = {
    ItemCreated: "created",
    ItemChanged: "changed",
    MessageAdded: "message_added",
    MessageHeld: "held",
}


@dataclass(frozen=True)
class Happened:
    """An event that rules may react to."""

    envelope: Envelope
    fact: ItemFact

    @cached_property
    def triggers(self) -> tuple[str, ...]:
        """What it fires: a message that sets the status, or wakes the item, is a change as well."""
        trigger = _TRIGGER_OF.get(type(self.fact))
        if trigger is None:
            return ()
        return ("message_added", "changed") if trigger == "message_added" and self.fact.changes else (trigger,)

    @property
    def item(self) -> ItemState:
        return self.fact.item

    @property
    def message(self) -> MessageState | None:
        return getattr(self.fact, "message", None)

    @property
    def initiator(self) -> str:
        """Who began it: ``agent``, ``customer``, ``rule`` or ``system`` (a machine's mail is the system's)."""
        kind = self.envelope.actor.partition(":")[0]
        if kind in {"rule", "agent"} or self.message is None:
            return kind
        if self.message.automatic not in {None, "list"}:
            return "system"
        return {"staff": "agent", "customer": "customer"}.get(self.message.by, "system")

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Field -> value, as filters name them."""
        return _of_item(self.item) | {"initiator": self.initiator} | _of_message(self.message)


def _of_item(item: ItemState) -> dict[str, Any]:
    address = item.requester.address.lower()
    return {
        "number": item.number,
        "kind": item.kind,
        "type": item.type,
        "channel": item.channel,
        "title": item.title,
        "status": item.status,
        "state": item.state,
        "priority": item.priority,
        "team": item.team,
        "assignee": str(item.assignee.id) if item.assignee else None,
        "assignee.address": item.assignee.address.lower() if item.assignee else None,
        "organisation": item.organisation.name if item.organisation else None,
        "organisation.id": str(item.organisation.id) if item.organisation else None,
        "requester.address": address,
        "requester.name": item.requester.name,
        "requester.domain": address.rpartition("@")[2],
        "requester.staff": item.requester.staff,
        "followers": [follower.address.lower() for follower in item.followers],
        "tags": list(item.tags),
        "mailbox": item.mailboxes[0] if item.mailboxes else None,
        "mailboxes": list(item.mailboxes),
        "incomplete": item.incomplete,
        "language": item.language,
        **{f"fields.{key}": value for key, value in item.fields.items()},
    }


def _of_message(message: MessageState | None) -> dict[str, Any]:
    if message is None:
        return {}
    return {
        "text": message.text,
        "automatic": message.automatic is not None,
        "public": message.public,
        "by": message.by,
        "sender.address": message.sender.address.lower(),
        "attachments": len(message.attachments),
    }
