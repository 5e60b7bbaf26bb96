"""Writes the mails: headers, text, HTML and files as one message that every mail program reads.

Invariants:
- It is sent from our own domain, so that DMARC aligns; a person's name is shown, never their address.
- Whatever no human wrote says so (RFC 3834 §5) and asks for no answer by machine.
- No value breaks out of its header: every name, type and address is bounded to what the header may hold.
"""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.notifier.domain.addresses import with_ascii_domain
from services.notifier.domain.desk import Desk
from services.notifier.domain.text import Letter, body_of, html_of, one_line
from services.notifier.domain.thread import references_of
from shared.contracts.state import AttachmentRef, MailboxState
from shared.reply_address import mint_reply_address

POLICY = SMTP.clone(max_line_length=998)
LOOP_HEADER = "X-Deskstream-Desk"
ATTACHED_BYTES = 10 * 1024 * 1024
_TYPE = re.compile(r"(application|audio|font|image|text|video)/[A-Za-z0-9][A-Za-z0-9.+_-]{0,80}")


def write(desk: Desk, letter: Letter) -> EmailMessage:
    """The mail of a delivery, the same each time it is written."""
    item, delivery, message = letter.item, letter.delivery, letter.message
    mailbox = desk.mailbox_of(item)
    recipient = with_ascii_domain(delivery.recipient.address)
    mail = EmailMessage(policy=POLICY.clone(utf8=not recipient.isascii()))
    mail["From"] = _from(desk, mailbox, message.sender.name if message and delivery.kind == "message" else "")
    mail["To"] = _person(delivery.recipient.name, recipient)
    mail["Subject"] = delivery.subject
    mail["Date"] = format_datetime(delivery.created_at)
    mail["Message-ID"] = f"<{delivery.rfc_message_id}>"
    if mailbox is not None:
        domain = mailbox.address.rpartition("@")[2]
        mail["Reply-To"] = mint_reply_address(desk.house.keys, mailbox.key, item.number, domain)
    references = [f"<{name}>" for name in references_of(desk, item, message)]
    if references:
        mail["In-Reply-To"] = references[-1]
        mail["References"] = " ".join(references)
    mail[LOOP_HEADER] = desk.house.mail_domain
    if delivery.kind != "message" or (message is not None and message.by == "system"):
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    text = body_of(letter)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html_of(text, letter.link, letter.language), subtype="html", cte="quoted-printable")
    for ref, content in letter.files:
        _attach(mail, ref, content)
    return mail


def _attach(mail: EmailMessage, ref: AttachmentRef, content: bytes) -> None:
    """A file goes as it is; a type that is none, or that mail programs unpack, goes as plain bytes."""
    kind = ref.content_type if _TYPE.fullmatch(ref.content_type) else "application/octet-stream"
    maintype, _, subtype = kind.partition("/")
    name = one_line(ref.name).encode()[:200].decode(errors="ignore") or "file"
    mail.add_attachment(content, maintype=maintype, subtype=subtype, cte="base64", filename=name)


def _from(desk: Desk, mailbox: MailboxState | None, author: str) -> Address:
    address = mailbox.address if mailbox else f"support@{desk.house.mail_domain}"
    author = one_line(author)
    return _person(f"{author} ({desk.name})" if author else desk.name, with_ascii_domain(address))


def _person(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(one_line(name)[:120], local, domain)
