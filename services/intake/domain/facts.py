"""What a mail is to the desk: its mailboxes, its proofs, and whether it is a message, a report, or unreadable.

Invariant: pure; the same receipt and bytes give the same result, so a replay says the same thing again.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain.addresses import without_detail
from services.intake.domain.fingerprint import dedupe_key
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from shared.contracts.intake import BouncedRecipient, BounceReceived, MessageReceived, TokenClaim
from shared.contracts.state import Address, AttachmentRef, MailboxState
from shared.reply_address import verify_bounce_address, verify_message_id, verify_reply_address
from shared.secrets import Keys

_SUBJECT_NUMBER = re.compile(r"\[#(\d{1,12})\]")
MAX_HOPS = 3
ADDRESSED_LIMIT = 20
#: What keeps a record under 256 KiB whatever a mail holds; the octets of the mail have all of it.
TEXT_BYTES = 65_536
NEAREST_IDS, ELDEST_IDS = 40, 10
FILES = 100
#: Mail of a machine that names nobody; ``invalid`` is no domain (RFC 6761).
NOBODY = "nobody@invalid"
#: Where a machine's answer to one of our envelope senders goes.
FALLBACK_MAILBOX = "support"


@dataclass(frozen=True)
class Arrival:
    """How a mail came: its receipt, its SMTP envelope, when, how large."""

    receipt_id: UUID
    door: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    size_bytes: int
    accepted_at: datetime
    raw_blob: str


@dataclass(frozen=True)
class Desk:
    """What reading mail needs to know of the desk."""

    keys: Keys
    mailboxes: dict[str, MailboxState]
    checked: bool


@dataclass(frozen=True)
class Stored:
    """Where the parts of a parsed mail lie."""

    attachments: tuple[AttachmentRef, ...]
    body_blob: str | None


@dataclass(frozen=True)
class Parties:
    """Who wrote, and to which mailboxes of ours."""

    sender: Address
    mailboxes: tuple[str, ...]


Reading = MessageReceived | BounceReceived | Unreadable


def facts_of(desk: Desk, arrival: Arrival, mail: ParsedMail, stored: Stored) -> Reading:
    """What a parsed mail is: a message, a report about a mail of ours, or one for the quarantine."""
    deliveries = [found for address in arrival.rcpt_to if (found := verify_bounce_address(desk.keys, address))]
    report = _report(desk, arrival, mail, next(iter(deliveries), None))
    if report is not None:
        return report
    mailboxes = mailboxes_of(desk, arrival, mail)
    if not mailboxes and deliveries:
        # Vacation programs answer the envelope's sender (RFC 3834 §4): stored like any answer, not dropped.
        mailboxes = _fallback(desk)
    if not mailboxes:
        return Unreadable("unknown_mailbox", "none of its recipients is a mailbox of ours")
    if mail.hops >= MAX_HOPS:
        return Unreadable("loop", f"it went through this desk {mail.hops} times")
    sender = mail.sender or (Address(address=NOBODY) if mail.automatic else None)
    if sender is None:
        return Unreadable("no_sender", "it has no From address to answer to")
    return _message(desk, arrival, mail, stored, Parties(sender, mailboxes))


def mailboxes_of(desk: Desk, arrival: Arrival, mail: ParsedMail) -> tuple[str, ...]:
    """Keys of our mailboxes among To and Cc, in order; where none is, among the envelope's recipients."""
    written = [key for address in (*mail.to, *mail.cc) if (key := mailbox_of(desk, address.address))]
    given = [key for address in arrival.rcpt_to if (key := mailbox_of(desk, address))]
    # Only what the envelope says was delivered here: the other copy tells of the other mailbox.
    found = [key for key in written if key in given] or given
    return tuple(dict.fromkeys(found))


def mailbox_of(desk: Desk, address: str) -> str | None:
    """The mailbox that an address belongs to: its own, or a signed reply address of it."""
    claim = verify_reply_address(desk.keys, address)
    if claim is not None and claim.mailbox in desk.mailboxes:
        return claim.mailbox
    plain = without_detail(address)
    return next((key for key, mailbox in desk.mailboxes.items() if without_detail(mailbox.address) == plain), None)


def _fallback(desk: Desk) -> tuple[str, ...]:
    return (FALLBACK_MAILBOX,) if FALLBACK_MAILBOX in desk.mailboxes else tuple(sorted(desk.mailboxes)[:1])


def key_of(arrival: Arrival, mail: ParsedMail) -> str:
    """What names this message in the ledger."""
    return dedupe_key(
        mail.message_id, mail.fingerprint, dated=mail.date is not None, day=arrival.accepted_at.date().isoformat()
    )


def _report(desk: Desk, arrival: Arrival, mail: ParsedMail, delivery: UUID | None) -> BounceReceived | None:
    """A report about a mail of ours: proved by our envelope sender, or by a Message-ID that we minted."""
    unclear = delivery is not None and not arrival.mail_from and mail.automatic is None
    if mail.automatic != "bounce" and not unclear:
        return None
    ours = mail.about is not None and verify_message_id(desk.keys, mail.about) is not None
    if delivery is None and not ours:
        return None
    # Nothing but a report comes to an envelope sender of ours from the null one, however it is written.
    untold = (BouncedRecipient(recipient="", hard=False, reason=mail.subject[:300]),) if unclear else ()
    return BounceReceived(
        receipt_id=arrival.receipt_id,
        delivery_id=delivery,
        original_message_id=mail.about,
        recipients=mail.bounces or untold,
        raw_blob=arrival.raw_blob,
        accepted_at=arrival.accepted_at,
    )


def _message(desk: Desk, arrival: Arrival, mail: ParsedMail, stored: Stored, parties: Parties) -> MessageReceived:
    nearest_first = tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))
    own = [verify_message_id(desk.keys, name) for name in nearest_first]
    addresses = (*arrival.rcpt_to, *(a.address for a in (*mail.to, *mail.cc)))
    tokens = [verify_reply_address(desk.keys, address) for address in addresses]
    notice, files = _bounded_files(mail.notice, stored.attachments)
    return MessageReceived(
        receipt_id=arrival.receipt_id,
        channel="mail",
        dedupe_key=key_of(arrival, mail),
        mailboxes=parties.mailboxes,
        message_id=mail.message_id,
        thread_ids=_bounded_ids(nearest_first),
        own_ids=tuple(dict.fromkeys(_claim(c.number, c.message_prefix, None) for c in own if c)),
        reply_tokens=tuple(dict.fromkeys(_claim(c.number, None, c.mailbox) for c in tokens if c)),
        subject_numbers=tuple(dict.fromkeys(int(n) for n in _SUBJECT_NUMBER.findall(mail.subject)))[:5],
        sender=parties.sender,
        addressed=_addressed(desk, mail, parties.sender),
        subject=mail.subject,
        text=clipped(mail.reply),
        full_text="" if mail.reply == mail.text or stored.body_blob else mail.text,
        html=None if stored.body_blob else mail.html,
        body_blob=stored.body_blob,
        raw_blob=arrival.raw_blob,
        attachments=files,
        # The null sender asks for no answer (RFC 3834 §2), whatever the headers say.
        automatic=mail.automatic or ("auto_reply" if not arrival.mail_from else None),
        authentication=mail.authentication,
        checked=desk.checked,
        flags=mail.flags,
        notice=notice,
        sent_at=mail.date,
        accepted_at=arrival.accepted_at,
    )


def clipped(text: str) -> str:
    """The beginning of a text, whole characters, at most `TEXT_BYTES` in UTF-8."""
    encoded = text.encode()
    return text if len(encoded) <= TEXT_BYTES else encoded[:TEXT_BYTES].decode(errors="ignore")


def _bounded_ids(nearest_first: tuple[str, ...]) -> tuple[str, ...]:
    if len(nearest_first) <= NEAREST_IDS + ELDEST_IDS:
        return nearest_first
    return (*nearest_first[:NEAREST_IDS], *nearest_first[-ELDEST_IDS:])


def _bounded_files(notice: str, files: tuple[AttachmentRef, ...]) -> tuple[str, tuple[AttachmentRef, ...]]:
    """The files that a record holds; how many more the mail has is told."""
    if len(files) <= FILES:
        return notice, files
    return f"{notice} Only {FILES} of its {len(files)} files are shown; the mail as it came has them all.".strip(), (
        files[:FILES]
    )


def _claim(number: int, prefix: str | None, mailbox: str | None) -> TokenClaim:
    return TokenClaim(number=number, message_prefix=prefix, mailbox=mailbox)


def _addressed(desk: Desk, mail: ParsedMail, sender: Address) -> tuple[Address, ...]:
    """To and Cc beside our own addresses and the sender."""
    found: dict[str, Address] = {}
    for address in (*mail.to, *mail.cc):
        plain = address.address.lower()
        ours = mailbox_of(desk, plain) or verify_bounce_address(desk.keys, plain)
        if not ours and plain != sender.address.lower():
            found.setdefault(plain, address)
    return tuple(found.values())[:ADDRESSED_LIMIT]
