"""Writes the mails: built from public content only, so nothing internal can be in them.

Invariants:
- All recipients of one public message get the same Message-ID; every References begins with the item's root.
- Whatever no human wrote says so (RFC 3834) and asks for no answer by machine.
- No line is folded inside an id: References are folded here, between ids (RFC 5322 §3.6.4).
"""

import html
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.notifier.domain.words import words
from shared.contracts.state import AttachmentRef, DeliveryState, ItemState, MailboxState, MessageState
from shared.reply_address import mint_message_id, mint_reply_address
from shared.secrets import Keys

POLICY = SMTP.clone(max_line_length=998)
LOOP_HEADER = "X-Deskstream-Desk"
REFERENCES = 10
ATTACHED_BYTES = 10 * 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NUMBERED = re.compile(r"\[#\d{1,12}\]")


@dataclass(frozen=True)
class Desk:
    """What mails need to know of the desk: its secret, its host, its name, its mailboxes."""

    keys: Keys
    mail_domain: str
    public_url: str
    name: str
    mailboxes: dict[str, MailboxState]

    def mailbox_of(self, item: ItemState) -> MailboxState | None:
        own = (self.mailboxes[key] for key in item.mailboxes if key in self.mailboxes)
        return next(own, next(iter(self.mailboxes.values()), None))


@dataclass(frozen=True)
class Letter:
    """Everything that one mail is made of."""

    delivery: DeliveryState
    item: ItemState
    message: MessageState | None
    link: str
    files: tuple[tuple[AttachmentRef, bytes], ...] = ()


def rfc_message_id(desk: Desk, item: ItemState, message: MessageState | None, delivery_id: object) -> str:
    """A public message's id is one for all its recipients; any other mail has its own."""
    if message is not None and message.public:
        return mint_message_id(desk.keys, item.number, message.id, desk.mail_domain)
    return f"{item.number}.{delivery_id}@{desk.mail_domain}"


def subject_of(item: ItemState, given: str = "") -> str:
    """A subject with the item's number in brackets, once, on one line."""
    text = _CONTROL.sub(" ", given or item.title).strip()
    text = _NUMBERED.sub("", text).strip()
    if not given and not text.lower().startswith("re:"):
        text = f"Re: {text}"
    return f"{text[:200]} [#{item.number}]"


def references_of(desk: Desk, item: ItemState, message: MessageState | None) -> list[str]:
    """The item's root first, then the nearest ancestors: what the customer wrote and what we wrote."""
    ours = [
        mint_message_id(desk.keys, item.number, m, desk.mail_domain)
        for m in item.public_message_ids
        if message is None or m != message.id
    ]
    known = [*item.last_message_ids, *ours]
    root = item.root_message_id or (ours[0] if ours else None)
    rest = [name for name in known if name != root and (message is None or name != message.message_id)]
    return [*([root] if root else []), *rest[-REFERENCES:]]


def write(desk: Desk, letter: Letter, when: str) -> EmailMessage:
    """The mail of a delivery.

    Args:
        desk: keys and names.
        letter: what it is made of.
        when: the Date header.
    """
    item, delivery, message = letter.item, letter.delivery, letter.message
    mailbox = desk.mailbox_of(item)
    mail = EmailMessage(policy=POLICY)
    author = message.sender.name if message is not None and delivery.kind == "message" else ""
    mail["From"] = _from(desk, mailbox, author)
    mail["To"] = _person(delivery.recipient.name, delivery.recipient.address)
    mail["Subject"] = delivery.subject
    mail["Date"] = when
    mail["Message-ID"] = f"<{delivery.rfc_message_id}>"
    if mailbox is not None:
        domain = mailbox.address.rpartition("@")[2]
        mail["Reply-To"] = mint_reply_address(desk.keys, mailbox.key, item.number, domain)
    references = [f"<{name}>" for name in references_of(desk, item, message) if _fits(name)]
    if references:
        mail["In-Reply-To"] = references[-1]
        mail["References"] = " ".join(references)
    mail[LOOP_HEADER] = desk.mail_domain
    if delivery.kind != "message" or (message is not None and message.by == "system"):
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    text = _text(letter)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(_html(text, letter.link), subtype="html", cte="quoted-printable")
    for ref, content in letter.files:
        kind, _, subtype = ref.content_type.partition("/")
        mail.add_attachment(
            content,
            maintype=kind or "application",
            subtype=subtype or "octet-stream",
            filename=_CONTROL.sub("", ref.name),
        )
    return mail


def _text(letter: Letter) -> str:
    say = words(letter.item.language)
    delivery, message = letter.delivery, letter.message
    lines: list[str] = []
    if delivery.kind == "rule":
        lines.append(delivery.text.strip())
    elif delivery.kind == "assignment":
        lines += [say["assigned"], "", f"#{letter.item.number} {_CONTROL.sub(' ', letter.item.title)}"]
    elif message is not None:
        if delivery.kind == "customer_message" or message.by == "customer":
            lines += [f"{message.sender.name or message.sender.address} {say['wrote']}", ""]
        lines.append(message.text.strip())
        left_out = [a.name for a in message.attachments if a.blob_key not in {ref.blob_key for ref, _ in letter.files}]
        if left_out:
            lines += ["", f"{say['files']} {', '.join(left_out)}"]
    if letter.link:
        lines += ["", "--", say["answer"], letter.link]
    return "\n".join(lines).replace("\x00", "") + "\n"


def _html(text: str, link: str) -> str:
    body = html.escape(text).replace("\n", "<br>\n")
    if link:
        address = html.escape(link)
        body = body.replace(address, f'<a href="{address}">{address}</a>')
    return f"<!doctype html><html><body>\n<p>{body}</p>\n</body></html>\n"


def _from(desk: Desk, mailbox: MailboxState | None, author: str) -> HeaderAddress:
    """Always our own address, so that DMARC aligns; the person's name is only shown."""
    address = mailbox.address if mailbox else f"support@{desk.mail_domain}"
    name = f"{author} ({desk.name})" if author else desk.name
    return _person(name, address)


def _person(name: str, address: str) -> HeaderAddress:
    local, _, domain = address.rpartition("@")
    return HeaderAddress(_CONTROL.sub(" ", name).strip()[:120], local, domain)


def _fits(name: str) -> bool:
    return len(name) <= 900 and not re.search(r"[\s<>]", name)


def date_header(moment: datetime) -> str:
    """A moment as a Date header."""
    return format_datetime(moment)
