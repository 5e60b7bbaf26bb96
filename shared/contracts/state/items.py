"""Snapshots of work items, their messages and their history."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import JsonValue

from shared.contracts.base import Contract
from shared.contracts.state.base import Snapshot

Channel = Literal["mail", "portal", "phone", "messenger", "api"]


Automatic = Literal["auto_reply", "bounce", "list", "loop", "complaint", "receipt"]


Priority = Literal["low", "normal", "high", "urgent"]


StatusState = Literal["not_started", "in_progress", "finished"]


class Address(Contract):
    """A mail address with the name beside it, as written (`address`) by its sender."""

    address: str
    name: str = ""


class PersonRef(Contract):
    """A person as an item shows them: enough to write to them without asking back.

    Attributes:
        link_nonce: names the signed request link of this person on this item; it ends when the follower goes.
    """

    id: UUID
    address: str
    name: str = ""
    staff: bool = False
    link_nonce: str = ""


class OrganisationRef(Contract):
    id: UUID
    name: str


class AttachmentRef(Contract):
    """A file of a message: where its bytes lie and what they are.

    Attributes:
        blob_key: ``<receipt or command id>/<sha256>`` in the blob store.
        content_id: set where the HTML shows it by ``cid:``.
    """

    name: str
    content_type: str
    size_bytes: int
    sha256: str
    blob_key: str
    inline: bool = False
    content_id: str | None = None


class ItemState(Snapshot):
    """A work item after a fact.

    Attributes:
        mailboxes: keys of the mailboxes that received it, first the one that gave type and team.
        root_message_id: Message-ID of the mail that began the conversation, without angle brackets; none where it
            began otherwise. It never changes.
        first_message_id: our id of the public message that began the conversation. Every References of the item's
            mails begins with `root_message_id`, else with the Message-ID minted for this one.
        last_message_ids: Message-IDs (RFC 5322) of the last 20 public messages received by mail, oldest first.
        public_message_ids: our ids of the last 20 public messages, oldest first.
        related: numbers of items that may belong to it ("possibly related").
        incomplete: accepted although a required field is missing or its type is retired.
        held_count: messages that wait for staff.
    """

    kind_name: ClassVar[str] = "item"

    id: UUID
    number: int
    kind: Literal["ticket", "task"] = "ticket"
    type: str
    channel: Channel
    title: str
    status: str
    state: StatusState
    status_since: datetime
    priority: Priority = "normal"
    requester: PersonRef
    organisation: OrganisationRef | None = None
    team: str | None = None
    assignee: PersonRef | None = None
    followers: tuple[PersonRef, ...] = ()
    tags: tuple[str, ...] = ()
    fields: dict[str, JsonValue] = {}
    mailboxes: tuple[str, ...] = ()
    incomplete: bool = False
    root_message_id: str | None = None
    first_message_id: UUID | None = None
    last_message_ids: tuple[str, ...] = ()
    public_message_ids: tuple[UUID, ...] = ()
    related: tuple[int, ...] = ()
    message_count: int = 0
    held_count: int = 0
    language: str | None = None
    created_at: datetime
    updated_at: datetime
    accepted_at: datetime | None = None

    def state_key(self) -> str:
        return f"item:{self.id}"


class MessageState(Snapshot):
    """One message of an item's conversation, whole.

    Attributes:
        author: the person behind it; none for a stranger whose message is held or for a system.
        by: who speaks: customer, staff or a system.
        sender: name and address as written.
        public: everyone involved may read it; false is an internal note.
        held: waits for staff; mails nobody, is shown to staff only.
        held_reason: stable code: ``stranger``, ``dmarc_fail`` …
        text: the reply without quotation; `full_text` the whole, equal where nothing was folded ("" then).
        html: sanitised; cid: images point at attachments by their content id.
        body_blob: where the body lies when text and HTML are over 64 KiB; `text` is then its beginning.
        raw_blob: the octets as they came, where kept; download them by message id.
        message_id: Message-ID as received, without angle brackets; none for what our own people write.
        thread_ids: every Message-ID that the mail names (own, In-Reply-To, References).
        origin_item_id: the item it was first part of, when split or merged since.
        addressed: further addresses of To and Cc (not ours), for followers.
        checked: a border of ours looked at who sent it; `authentication` says what it found.
        notice: what staff should know of its reading, "" where all went well.
    """

    kind_name: ClassVar[str] = "message"

    id: UUID
    item_id: UUID
    item_number: int
    author: PersonRef | None = None
    by: Literal["customer", "staff", "system"]
    sender: Address
    channel: Channel
    public: bool
    held: bool = False
    held_reason: str | None = None
    subject: str = ""
    text: str
    full_text: str = ""
    html: str | None = None
    body_blob: str | None = None
    raw_blob: str | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    mailbox: str | None = None
    receipt_id: UUID | None = None
    message_id: str | None = None
    thread_ids: tuple[str, ...] = ()
    automatic: Automatic | None = None
    authentication: dict[str, str] = {}
    checked: bool = False
    flags: tuple[str, ...] = ()
    notice: str = ""
    origin_item_id: UUID | None = None
    addressed: tuple[Address, ...] = ()
    created_at: datetime
    accepted_at: datetime | None = None

    def state_key(self) -> str:
        return f"message:{self.id}"


class ChangeState(Snapshot):
    """One recorded step of an item's history: what changed, who did it, because of which rules.

    Attributes:
        version: the item's version after the step; (item_id, version) is unique.
        event: ``created``, ``changed``, ``message_added``, ``message_held``, ``message_accepted``, ``message_split``.
        changes: field -> [old, new]; people by id.
    """

    kind_name: ClassVar[str] = "change"

    item_id: UUID
    event_id: UUID
    event: str
    at: datetime
    actor: str
    actor_name: str = ""
    causes: tuple[str, ...] = ()
    changes: dict[str, tuple[JsonValue, JsonValue]] = {}
    message_id: UUID | None = None
    correlation_id: UUID

    def state_key(self) -> str:
        return f"change:{self.item_id}:{self.version}"
