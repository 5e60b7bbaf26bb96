"""Messages of intake: what came in by a door, what was read of it, and what became of it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, JsonValue

from shared.contracts.base import Contract, Message, message
from shared.contracts.state import Address, AttachmentRef, Automatic, QuarantineState, ReceiptState

#: ``ce_type`` of a record on intake-raw. Its value is the octets as they came (or, over 512 KiB, empty: the blob
#: store has them); the SMTP envelope stands in `RAW_HEADERS`. It is the one record that is not JSON.
RAW_TYPE = "deskstream.intake.raw.received.v1"

#: Headers of a raw record beside the envelope: door, MAIL FROM, RCPT TO (JSON list), size, sha256 of the octets,
#: blob key where the octets lie in the blob store.
RAW_HEADERS = ("ds_door", "ds_mail_from", "ds_rcpt_to", "ds_size", "ds_sha256", "ds_blob_key")


@message("deskstream.intake.form.submitted.v1", "intake-submissions")
class FormSubmitted(Message):
    """A portal form as posted, checked against its fields by the gateway. The receipt id is derived from its token.

    Attributes:
        values: custom fields by key; selects hold option keys.
        client: opaque name of the client for caps (a hash of its address), never shown.
    """

    receipt_id: UUID
    form: str
    name: str
    address: str
    title: str
    text: str
    values: dict[str, JsonValue] = {}
    attachments: tuple[AttachmentRef, ...] = ()
    language: str | None = None
    accepted_at: datetime


@message("deskstream.intake.request_page.answered.v1", "intake-submissions")
class RequestPageAnswered(Message):
    """What a person wrote on the page of a request, opened by a signed link; it is that person's."""

    receipt_id: UUID
    item_id: UUID
    person_id: UUID
    text: str
    attachments: tuple[AttachmentRef, ...] = ()
    accepted_at: datetime


class TokenClaim(Contract):
    """A verified reply address or Message-ID of ours: it shows which item, not who.

    Attributes:
        message_prefix: the first 80 bits of the public message's id, as 20 hexadecimal digits; of the delivery's
            where the mail carried no message; a reply address has none.
    """

    number: int
    message_prefix: str | None = None
    mailbox: str | None = None


@message("deskstream.intake.message.received.v1", "intake-messages")
class MessageReceived(Message):
    """A message that came in, parsed, with the facts that `tickets` decides by.

    Attributes:
        dedupe_key: names the message whatever door it came through.
        item_id, person_id: set by a request page only: proof by signed link.
        reply_tokens: our reply addresses among the recipients whose MAC is right.
        own_ids: ids of ours among the references whose MAC is right, newest first.
        thread_ids: In-Reply-To and References, the nearest ancestor first, without angle brackets.
        subject_numbers: ``[#1042]`` in the subject, with brackets.
        addressed: To and Cc beside our own addresses.
        checked: a border with our authserv-id spoke; `authentication` then holds spf, dkim, dmarc.
        mailboxes: keys of ours in To, Cc order, else the envelope's.
        text: the reply without quotation; full_text: the whole, "" where equal.
    """

    receipt_id: UUID
    channel: Literal["mail", "portal"]
    dedupe_key: str
    mailboxes: tuple[str, ...] = ()
    form: str | None = None
    item_id: UUID | None = None
    person_id: UUID | None = None
    message_id: str | None = None
    thread_ids: tuple[str, ...] = ()
    own_ids: tuple[TokenClaim, ...] = ()
    reply_tokens: tuple[TokenClaim, ...] = ()
    subject_numbers: tuple[int, ...] = ()
    sender: Address
    addressed: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    full_text: str = ""
    html: str | None = None
    body_blob: str | None = None
    raw_blob: str | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    fields: dict[str, JsonValue] = {}
    language: str | None = None
    automatic: Automatic | None = None
    authentication: dict[str, str] = {}
    checked: bool = False
    flags: tuple[str, ...] = ()
    notice: str = ""
    sent_at: datetime | None = None
    accepted_at: datetime


@message("deskstream.intake.message.also_received.v1", "intake-messages")
class MessageAlsoReceived(Message):
    """A known message came through another mailbox too: the item lists it, nothing else happens."""

    receipt_id: UUID
    original_receipt_id: UUID
    mailbox: str
    accepted_at: datetime


@message("deskstream.intake.receipt.recorded.v1", "intake-events")
class ReceiptRecorded(Message):
    """A receipt's row in the ledger, new or changed."""

    receipt: ReceiptState


@message("deskstream.intake.quarantine.changed.v1", "intake-events")
class QuarantineChanged(Message):
    """A mail went into the quarantine, or staff dealt with it."""

    quarantine: QuarantineState


class BouncedRecipient(Contract):
    """One recipient of a delivery report (RFC 3464). `status` is the enhanced code, "" where the report has none."""

    recipient: str
    status: str = ""
    hard: bool
    reason: str = ""


@message("deskstream.intake.bounce.received.v1", "intake-events")
class BounceReceived(Message):
    """A delivery report about a mail of ours.

    Attributes:
        delivery_id: from our VERP address, when its MAC is right.
        original_message_id: the Message-ID that the report is about, without angle brackets.
    """

    receipt_id: UUID
    delivery_id: UUID | None = None
    original_message_id: str | None = None
    recipients: tuple[BouncedRecipient, ...]
    raw_blob: str | None = None
    accepted_at: datetime


@message("deskstream.intake.quarantine.replay.v1", "intake-commands")
class ReplayQuarantined(Message):
    """Read a quarantined mail again, from its bytes or from mended ones; ids derive from the receipt."""

    receipt_id: UUID
    mended_blob: str | None = None


@message("deskstream.intake.quarantine.discard.v1", "intake-commands")
class DiscardQuarantined(Message):
    receipt_id: UUID
    reason: str = ""


@message("deskstream.intake.quarantine.take.v1", "intake-commands")
class TakeAsBareTicket(Message):
    """Make a ticket that holds the mail as an attachment, whatever it says."""

    receipt_id: UUID
    mailbox: str = Field(default="support")
