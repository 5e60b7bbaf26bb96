"""Writes the mails: headers, text, HTML and files as one message that every mail program reads.

Invariants:
- It is sent from our own domain, so that DMARC aligns; a person's name is shown, never their address.
- Whatever no human wrote says so (RFC 3834 §5) and asks for no answer by machine.
- No value breaks out of its header: every name, type and address is bounded to what the header may hold.
- A delivery's mail is the same octets each time it is written.

The standard library takes over a millisecond for a mail, most of it for parsing the headers that we hand it. Where a
value is plain text there is nothing to encode or fold, and it stands in its line as it is; all others, and the files,
are the library's.
"""

import re
from binascii import b2a_qp
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime

from services.notifier.domain.addresses import with_ascii_domain
from services.notifier.domain.desk import Desk
from services.notifier.domain.text import Letter, body_of, html_of, one_line
from services.notifier.domain.thread import references_of
from shared.contracts.state import AttachmentRef, DeliveryState, MailboxState
from shared.reply_address import mint_reply_address

LINE_OCTETS = 998
POLICY = SMTP.clone(max_line_length=LINE_OCTETS)
_UTF8_POLICY = POLICY.clone(utf8=True)
LOOP_HEADER = "X-Deskstream-Desk"
ATTACHED_BYTES = 10 * 1024 * 1024
_TYPE = re.compile(r"(application|audio|font|image|text|video)/[A-Za-z0-9][A-Za-z0-9.+_-]{0,80}")
#: One line of printable ASCII with nothing around it, and without what would be taken for an encoded word (RFC 2047).
_PLAIN = re.compile(r"(?!.*=\?)[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


def write(desk: Desk, letter: Letter) -> bytes:
    """The mail of a delivery as octets, its lines ended by CRLF."""
    delivery = letter.delivery
    policy = POLICY if with_ascii_domain(delivery.recipient.address).isascii() else _UTF8_POLICY
    head = b"".join(_header(name, value, policy) for name, value in _headers(desk, letter))
    return head + b"MIME-Version: 1.0\r\n" + _body(letter)


def _headers(desk: Desk, letter: Letter) -> list[tuple[str, str | Address]]:
    item, delivery, message = letter.item, letter.delivery, letter.message
    mailbox = desk.mailbox_of(item)
    found: list[tuple[str, str | Address]] = [
        ("From", _from(desk, mailbox, message.sender.name if message and delivery.kind == "message" else "")),
        ("To", _person(delivery.recipient.name, with_ascii_domain(delivery.recipient.address))),
        ("Subject", delivery.subject),
        ("Date", format_datetime(delivery.created_at)),
        ("Message-ID", f"<{delivery.rfc_message_id}>"),
    ]
    if mailbox is not None:
        domain = mailbox.address.rpartition("@")[2]
        found.append(("Reply-To", mint_reply_address(desk.house.keys, mailbox.key, item.number, domain)))
    references = [f"<{name}>" for name in references_of(desk, item, message)]
    if references:
        found += [("In-Reply-To", references[-1]), ("References", " ".join(references))]
    found.append((LOOP_HEADER, desk.house.mail_domain))
    if delivery.kind != "message" or (message is not None and message.by == "system"):
        found += [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")]
    return found


def _header(name: str, value: str | Address, policy: "EmailPolicy[EmailMessage]") -> bytes:
    """One header, encoded and folded where it has to be."""
    text = str(value)
    if _PLAIN.fullmatch(text) is not None and len(name) + len(text) + 2 <= LINE_OCTETS:
        return f"{name}: {text}\r\n".encode()
    return policy.fold_binary(*policy.header_store_parse(name, value))


def _body(letter: Letter) -> bytes:
    """Text and HTML as alternatives, then the files, if any, beside them."""
    text = body_of(letter)
    said = [
        _words("plain", text),
        _words("html", html_of(text, letter.link, letter.language)),
    ]
    both = _multipart("alternative", letter.delivery, said)
    if not letter.files:
        return both
    return _multipart("mixed", letter.delivery, [both, *(_file(ref, content) for ref, content in letter.files)])


def _words(kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + b2a_qp(text.replace("\n", "\r\n").encode())


def _multipart(kind: str, delivery: DeliveryState, parts: Sequence[bytes]) -> bytes:
    """Parts with their boundary: neither quoted-printable nor base64 has "=_" in it (RFC 2045 §6.7, §6.8)."""
    boundary = f"=_{kind}_{delivery.id.hex}"
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'
    between = f"\r\n--{boundary}\r\n".encode()
    return b"".join((head.encode(), between[2:], between.join(parts), between[:-2], b"--\r\n"))


def _file(ref: AttachmentRef, content: bytes) -> bytes:
    """A file goes as it is; a type that is none, or that mail programs unpack, goes as plain bytes."""
    kind = ref.content_type if _TYPE.fullmatch(ref.content_type) else "application/octet-stream"
    maintype, _, subtype = kind.partition("/")
    name = one_line(ref.name).encode()[:200].decode(errors="ignore") or "file"
    part = MIMEPart(POLICY)
    part.set_content(content, maintype, subtype, cte="base64", disposition="attachment", filename=name)
    return part.as_bytes()


def _from(desk: Desk, mailbox: MailboxState | None, author: str) -> Address:
    address = mailbox.address if mailbox else f"support@{desk.house.mail_domain}"
    author = one_line(author)
    return _person(f"{author} ({desk.name})" if author else desk.name, with_ascii_domain(address))


def _person(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(one_line(name)[:120], local, domain)
