"""What a mail is to the desk: its mailboxes, its proofs, and whether it is a message, a report, or unreadable.

Invariant: pure; the same receipt and bytes give the same result, so a replay says the same thing again.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain.fingerprint import dedupe_key
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from shared.contracts.intake import BounceReceived, MessageReceived, TokenClaim
from shared.contracts.state import Address, AttachmentRef, MailboxState
from shared.reply_address import verify_bounce_address, verify_message_id, verify_reply_address
from shared.secrets import Keys

_SUBJECT_NUMBER = re.compile(r"\[#(\d{1,12})\]")
MAX_HOPS = 3
ADDRESSED_LIMIT = 20
TEXT_LIMIT = 65_536


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


Reading = MessageReceived | BounceReceived | Unreadable


def facts_of(desk: Desk, arrival: Arrival, mail: ParsedMail, stored: Stored) -> Reading:
    """What a parsed mail is: a message, a report about a mail of ours, or one for the quarantine."""
    report = _report(desk, arrival, mail)
    if report is not None:
        return report
    mailboxes = mailboxes_of(desk, arrival, mail)
    if not mailboxes:
        return Unreadable("unknown_mailbox", "none of its recipients is a mailbox of ours")
    if mail.hops >= MAX_HOPS:
        return Unreadable("loop", f"it went through this desk {mail.hops} times")
    if mail.sender is None:
        return Unreadable("no_sender", "it has no From address to answer to")
    return _message(desk, arrival, mail, stored, mailboxes)


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
    local, _, domain = address.lower().rpartition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    return next((key for key, mailbox in desk.mailboxes.items() if mailbox.address.lower() == plain), None)


def key_of(arrival: Arrival, mail: ParsedMail) -> str:
    """What names this message in the ledger."""
    return dedupe_key(
        mail.message_id, mail.fingerprint, dated=mail.date is not None, day=arrival.accepted_at.date().isoformat()
    )


def _report(desk: Desk, arrival: Arrival, mail: ParsedMail) -> BounceReceived | None:
    if mail.automatic != "bounce" or not mail.bounces:
        return None
    delivery = next((d for a in arrival.rcpt_to if (d := verify_bounce_address(desk.keys, a))), None)
    ours = mail.about is not None and verify_message_id(desk.keys, mail.about) is not None
    if delivery is None and not ours:
        return None
    return BounceReceived(
        receipt_id=arrival.receipt_id,
        delivery_id=delivery,
        original_message_id=mail.about,
        recipients=mail.bounces,
        raw_blob=arrival.raw_blob,
        accepted_at=arrival.accepted_at,
    )


def _message(
    desk: Desk, arrival: Arrival, mail: ParsedMail, stored: Stored, mailboxes: tuple[str, ...]
) -> MessageReceived:
    sender = mail.sender or Address(address="")
    nearest_first = tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))
    tokens = [
        verify_reply_address(desk.keys, a) for a in (*arrival.rcpt_to, *(a.address for a in (*mail.to, *mail.cc)))
    ]
    own = [verify_message_id(desk.keys, name) for name in nearest_first]
    return MessageReceived(
        receipt_id=arrival.receipt_id,
        channel="mail",
        dedupe_key=key_of(arrival, mail),
        mailboxes=mailboxes,
        message_id=mail.message_id,
        thread_ids=nearest_first,
        own_ids=tuple(_claim(c.number, c.message_prefix, None) for c in own if c),
        reply_tokens=tuple(dict.fromkeys(_claim(c.number, None, c.mailbox) for c in tokens if c)),
        subject_numbers=tuple(dict.fromkeys(int(n) for n in _SUBJECT_NUMBER.findall(mail.subject)))[:5],
        sender=sender,
        addressed=_addressed(desk, mail, sender),
        subject=mail.subject,
        text=mail.reply[:TEXT_LIMIT],
        full_text="" if mail.reply == mail.text or stored.body_blob else mail.text,
        html=None if stored.body_blob else mail.html,
        body_blob=stored.body_blob,
        raw_blob=arrival.raw_blob,
        attachments=stored.attachments,
        automatic=mail.automatic or ("bounce" if not arrival.mail_from and mail.automatic else None),
        authentication=mail.authentication,
        checked=desk.checked,
        flags=mail.flags,
        sent_at=mail.date,
        accepted_at=arrival.accepted_at,
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
