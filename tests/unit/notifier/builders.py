"""Builders of what notifier reads: people, items, messages, facts and deliveries, each with what a test says of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifier.domain.desk import Desk, House
from services.notifier.domain.queueing import Age
from shared.contracts.envelope import Envelope
from shared.contracts.notifier import SendMail
from shared.contracts.state import (
    Address,
    AttachmentRef,
    DeliveryState,
    ItemState,
    MailboxState,
    MessageState,
    PersonRef,
)
from shared.contracts.tickets import ItemChanged, ItemCreated, MessageAdded
from shared.ids import new_id, seed_id
from shared.secrets import Keys

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUSE = House(Keys(b"\xab" * 32), "desk.example", "http://127.0.0.1:8080")
SUPPORT = MailboxState(version=1, key="support", address="support@desk.example", label="Support", type="request")
HARDWARE = MailboxState(version=1, key="hardware", address="hw@desk.example", label="Hardware", type="hardware")
DESK = Desk(HOUSE, "Onda Fibra", {"support": SUPPORT, "hardware": HARDWARE})


def person(address: str = "marta@cliente.example", **more: Any) -> PersonRef:
    values: dict[str, Any] = {"id": seed_id(address.lower()), "address": address, "name": "Marta"}
    return PersonRef(**{**values, "link_nonce": seed_id(address).hex[:16], **more})


def agent(name: str = "rita", **more: Any) -> PersonRef:
    return person(f"{name}@desk.example", **{"name": name.title(), "staff": True, "link_nonce": "", **more})


def item(**more: Any) -> ItemState:
    values: dict[str, Any] = {
        "version": 3,
        "id": new_id(),
        "number": 1042,
        "type": "request",
        "channel": "mail",
        "title": "ONT reboots",
        "status": "new",
        "state": "not_started",
        "status_since": NOW,
        "requester": person(),
        "mailboxes": ("support",),
        "root_message_id": "root@cliente.example",
        "last_message_ids": ("root@cliente.example",),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return ItemState(**{**values, **more})


def message(of: ItemState, **more: Any) -> MessageState:
    """A public reply by Rita, unless told otherwise."""
    rita = agent()
    values: dict[str, Any] = {
        "version": 1,
        "id": new_id(),
        "item_id": of.id,
        "item_number": of.number,
        "author": rita,
        "by": "staff",
        "sender": Address(address=rita.address, name=rita.name),
        "channel": "mail",
        "public": True,
        "text": "We are looking into it.",
        "created_at": NOW,
    }
    return MessageState(**{**values, **more})


def by_customer(of: ItemState, **more: Any) -> MessageState:
    author = more.pop("author", of.requester)
    sender = Address(address=author.address, name=author.name)
    return message(of, **{"author": author, "by": "customer", "sender": sender, "text": "Still broken.", **more})


def added(of: ItemState, carried: MessageState | None = None, **changes: Any) -> MessageAdded:
    carried = carried or message(of)
    ids = (*of.public_message_ids, carried.id) if carried.public else of.public_message_ids
    return MessageAdded(item=of.model_copy(update={"public_message_ids": ids}), message=carried, changes=changes)


def created(of: ItemState, carried: MessageState | None = None) -> ItemCreated:
    return ItemCreated(item=of, message=carried or by_customer(of))


def assigned(of: ItemState, before: str | None = None) -> ItemChanged:
    after = str(of.assignee.id) if of.assignee else None
    return ItemChanged(item=of, changes={"assignee": (before, after)})


def rule_mail(of: ItemState, **more: Any) -> SendMail:
    values: dict[str, Any] = {
        "effect_key": new_id(),
        "rule_id": new_id(),
        "rule_name": "Acknowledge",
        "item": of,
        "to": (of.requester,),
        "subject": "We received your request",
        "text": "Its number is #1042.",
        "caused_at": NOW,
    }
    return SendMail(**{**values, **more})


def envelope(ce_type: str = "deskstream.tickets.message.added.v1", **more: Any) -> Envelope:
    identity = new_id()
    values: dict[str, Any] = {
        "id": identity,
        "type": ce_type,
        "source": "/deskstream/tickets",
        "time": NOW,
        "subject": "item:x",
        "correlationid": identity,
        "actor": "system:test",
    }
    return Envelope(**{**values, **more})


def delivery(**more: Any) -> DeliveryState:
    values: dict[str, Any] = {
        "version": 1,
        "id": new_id(),
        "item_id": new_id(),
        "item_number": 1042,
        "kind": "message",
        "message_id": new_id(),
        "recipient": person(),
        "subject": "Re: ONT reboots [#1042]",
        "rfc_message_id": "1042.x@desk.example",
        "status": "queued",
        "next_attempt_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return DeliveryState(**{**values, **more})


def attachment(name: str = "plan.pdf", **more: Any) -> AttachmentRef:
    values: dict[str, Any] = {
        "name": name,
        "content_type": "application/pdf",
        "size_bytes": 4,
        "sha256": "0" * 64,
        "blob_key": f"owner/{name}",
    }
    return AttachmentRef(**{**values, **more})


def age(**more: Any) -> Age:
    values: dict[str, Any] = {"now": NOW, "limit": timedelta(hours=24), "installed_at": NOW - timedelta(days=30)}
    return Age(**{**values, **more})
