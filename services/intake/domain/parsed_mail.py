"""A mail as read: what every reader of it relies on, whatever the mail was like."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.intake import BouncedRecipient
from shared.contracts.state import Address, Automatic

#: What stands in the text of a mail that has none.
NO_WORDS = "no visible content"


@dataclass(frozen=True)
class Part:
    """An attachment: `name` is safe to show and to save; `inline` where the HTML shows it by `content_id`."""

    name: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True)
class ParsedMail:
    """A mail that could be read.

    Attributes:
        sender: whom an answer goes to; none where no header has an address.
        written_sender: From as it stands there, also where it is no address (``MAILER-DAEMON``).
        message_id, in_reply_to, references: without angle brackets; references as written, the nearest last.
        text: the whole text; `NO_WORDS`, and the flag ``no_words``, where it has none.
        reply: the text without quotation and signature; equal to `text` where nothing was cut.
        html: sanitised.
        flags: ``two_from_headers``, ``from_with_several_addresses``, ``no_from``, ``no_message_id``,
            ``name_looks_like_another_address``, ``out_of_office``, ``encrypted``, ``signed``, ``winmail_kept``,
            ``html_left_out``, ``no_words``, ``parse_limits``.
        hops: how often this desk's own header stands in it.
        about: Message-ID that a delivery report is about.
        fingerprint: sha256 of canonical From, Date, Subject and body, hexadecimal.
        because: what says that it is automatic, for whoever asks.
        notice: what staff should know of the reading, "" where all went well.
    """

    subject: str
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    date: datetime | None
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str
    reply: str
    html: str | None
    attachments: tuple[Part, ...]
    automatic: Automatic | None
    bounces: tuple[BouncedRecipient, ...] = ()
    about: str | None = None
    authentication: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    hops: int = 0
    fingerprint: str = ""
    written_sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    notice: str = ""
    because: str = ""


@dataclass(frozen=True)
class Unreadable:
    """A mail that could not be read, and why: it goes to the quarantine with its bytes."""

    code: str
    reason: str
