"""Items, messages and people for the portal's tests."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.state import (
    Address,
    ItemState,
    MessageState,
    PersonRef,
    PersonState,
    StatusSpec,
    TypeState,
)
from shared.links import RequestLink
from shared.secrets import Keys

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KEYS = Keys(b"k" * 32)
NONCE = "0011223344556677"
STATUSES = (
    StatusSpec(key="new", label="New", state="not_started"),
    StatusSpec(key="in_progress", label="In progress", state="in_progress"),
    StatusSpec(key="waiting", label="Waiting on customer", state="in_progress", waits_on="customer"),
    StatusSpec(key="solved", label="Solved", state="finished"),
)
REQUEST = TypeState(version=1, key="request", label="Request", statuses=STATUSES)


def ref(
    address: str = "ana@cliente.example", *, name: str = "Ana Torres", nonce: str = NONCE, **more: Any
) -> PersonRef:
    return PersonRef(id=more.pop("id", uuid4()), address=address, name=name, link_nonce=nonce, **more)


def person(of: PersonRef, **changes: Any) -> PersonState:
    return PersonState(version=1, id=of.id, address=of.address, name=of.name).model_copy(update=changes)


def item(requester: PersonRef, **changes: Any) -> ItemState:
    status = changes.pop("status", "new")
    made = ItemState(
        version=3,
        id=uuid4(),
        number=1042,
        type="request",
        channel="portal",
        title="Fish stopped eating",
        status=status,
        state=next(spec.state for spec in STATUSES if spec.key == status),
        status_since=NOW,
        requester=requester,
        created_at=NOW,
        updated_at=NOW,
    )
    return made.model_copy(update=changes)


def message(of: ItemState, text: str = "Hello", **changes: Any) -> MessageState:
    made = MessageState(
        version=1,
        id=uuid4(),
        item_id=of.id,
        item_number=of.number,
        author=of.requester,
        by="customer",
        sender=Address(address=of.requester.address, name=of.requester.name),
        channel="mail",
        public=True,
        text=text,
        created_at=NOW,
    )
    return made.model_copy(update=changes)


def link(of: ItemState, who: PersonRef, nonce: str | None = None) -> RequestLink:
    return RequestLink(of.id, who.id, nonce or who.link_nonce, int(NOW.timestamp()) + 1000)


def an_id() -> UUID:
    return uuid4()
