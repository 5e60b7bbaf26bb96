"""Reads a mail: any bytes in, a `ParsedMail` or `Unreadable` out; it may be slow or hungry, its caller bounds it.

Invariant: the text is never empty where the mail has any text; nothing of a body is thrown away.
"""

import email
import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from services.intake.domain.automatic import automatic_kind
from services.intake.domain.charset import decode_text
from services.intake.domain.fingerprint import fingerprint, header_values, split_head
from services.intake.domain.html import sanitise, text_of_html
from services.intake.domain.parsed_mail import ParsedMail, Part, Unreadable
from services.intake.domain.reports import reported
from shared.contracts.state import Address

MAX_PARTS = 200
MAX_DEPTH = 40
MAX_HEAD_BYTES = 512_000
LOOP_HEADER = "X-Deskstream-Desk"
_ID = re.compile(r"<([^<>\s]{1,512})>")
_UNSAFE_NAME = re.compile(r"[\x00-\x1f\x7f/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]")

#: Newer Pythons refuse odd address lists unless told not to; we flag them ourselves.
_LENIENT: dict[str, bool] = {"strict": False} if "strict" in inspect.signature(getaddresses).parameters else {}


def read_mail(raw: bytes, authserv_id: str = "") -> ParsedMail | Unreadable:
    """Read a mail.

    Args:
        raw: the octets as they came.
        authserv_id: whose Authentication-Results count (RFC 8601); "" for nobody's.
    """
    head, body = split_head(raw)
    if len(head) > MAX_HEAD_BYTES:
        return Unreadable("head_too_large", f"its headers have {len(head)} bytes")
    try:
        message = email.message_from_bytes(raw, policy=policy.compat32)
        return _read(message, head, body, authserv_id)
    except RecursionError:
        return Unreadable("too_deep", "its parts are nested too deeply")
    except (MessageError, HeaderParseError, ValueError, LookupError, TypeError, AttributeError) as error:
        return Unreadable("unreadable", f"{type(error).__name__}: {error}"[:300])


def _read(message: Message, head: bytes, body: bytes, authserv_id: str) -> ParsedMail | Unreadable:
    parts = list(_leaves(message, 0))
    if len(parts) > MAX_PARTS:
        return Unreadable("too_many_parts", f"it has {len(parts)} parts")
    senders = _addresses(message, "From") or _addresses(message, "Sender")
    plain, html, attachments = _sort(parts)
    text = plain or text_of_html(html)
    about, bounces = reported(message)
    date = _date(message)
    return ParsedMail(
        subject=_text(message, "Subject")[:500],
        sender=senders[0] if senders else None,
        to=tuple(_addresses(message, "To")),
        cc=tuple(_addresses(message, "Cc")),
        date=date,
        message_id=next(iter(_ids(message, "Message-ID")), None),
        in_reply_to=tuple(_ids(message, "In-Reply-To")),
        references=tuple(_ids(message, "References")),
        text=text,
        reply=text,
        html=sanitise(html) if html else None,
        attachments=tuple(attachments),
        automatic=automatic_kind(message),
        bounces=bounces,
        about=about,
        authentication=_authentication(message, authserv_id),
        flags=_flags(head, senders, message),
        hops=len(header_values(head, LOOP_HEADER.encode())),
        fingerprint=fingerprint(
            b" ".join(header_values(head, b"From")),
            b" ".join(header_values(head, b"Date")),
            b" ".join(header_values(head, b"Subject")),
            body,
        ),
    )


def _leaves(message: Message, depth: int) -> Iterator[Message]:
    """The parts that hold content; a nested message is one, whole."""
    if depth > MAX_DEPTH:
        raise RecursionError
    if message.is_multipart() and message.get_content_maintype() != "message":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)
    else:
        yield message


def _sort(parts: list[Message]) -> tuple[str, str, list[Part]]:
    """Texts, HTML, and everything else as attachments."""
    texts: list[str] = []
    htmls: list[str] = []
    attachments: list[Part] = []
    for part in parts:
        kind = part.get_content_type()
        named = part.get_filename() is not None or part.get_content_disposition() == "attachment"
        if kind == "text/plain" and not named:
            texts.append(decode_text(_content(part), part.get_content_charset()))
        elif kind == "text/html" and not named:
            htmls.append(decode_text(_content(part), part.get_content_charset()))
        else:
            attachments.append(_attachment(part, len(attachments) + 1))
    shown = "\n".join(htmls)
    inlined = [
        Part(
            a.name,
            a.content_type,
            a.content,
            inline=bool(a.content_id and f"cid:{a.content_id}" in shown),
            content_id=a.content_id,
        )
        for a in attachments
    ]
    return "\n".join(texts).strip(), shown, inlined


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    inner = part.get_payload()
    if isinstance(inner, list) and inner:
        return b"\r\n".join(p.as_bytes() for p in inner if isinstance(p, Message))
    return str(inner).encode("utf-8", "surrogateescape")


def _attachment(part: Message, index: int) -> Part:
    kind = part.get_content_type()
    name = _decoded(part.get_filename() or "") or _default_name(part, kind, index)
    content_id = (part.get("Content-ID") or "").strip().strip("<>") or None
    return Part(safe_name(name, f"attachment-{index}"), kind, _content(part), content_id=content_id)


def _default_name(part: Message, kind: str, index: int) -> str:
    if kind == "message/rfc822":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        subject = _text(first, "Subject") if isinstance(first, Message) else ""
        return f"{subject[:80] or 'message'}.eml"
    endings = {"text/calendar": "ics", "text/plain": "txt", "text/html": "html", "image/jpeg": "jpg"}
    return f"attachment-{index}.{endings.get(kind, kind.partition('/')[2][:10] or 'bin')}"


def safe_name(name: str, otherwise: str) -> str:
    """A file name without path, control or direction marks, at most 255 bytes."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = _UNSAFE_NAME.sub("", last).strip(" .")
    return cleaned.encode()[:255].decode("utf-8", "ignore") or otherwise


def _decoded(value: object) -> str:
    """A header's value as text: RFC 2047 words, raw 8-bit, folded lines."""
    text = str(value).encode("utf-8", "surrogateescape")
    readable = decode_text(text, None)
    unfolded = re.sub(r"\r?\n[ \t]*", " ", readable)
    try:
        return str(make_header(decode_header(unfolded))).replace("\x00", "").strip()
    except (LookupError, ValueError, HeaderParseError):
        return unfolded.replace("\x00", "").strip()


def _text(message: Message, name: str) -> str:
    value = message.get(name)
    return "" if value is None else _decoded(value)


def _addresses(message: Message, name: str) -> list[Address]:
    """Addresses of a header, as written; a display name that looks like an address stays a name."""
    values = [re.sub(r"\r?\n[ \t]*", " ", str(value)) for value in message.get_all(name, [])]
    found = []
    for display, address in getaddresses([value[:20_000] for value in values], **_LENIENT):
        if "@" in address and len(address) <= 254 and not re.search(r"[\s<>\x00-\x1f]", address):
            found.append(Address(address=address, name=_decoded(display)[:200]))
    return found


def _ids(message: Message, name: str) -> list[str]:
    value = " ".join(str(v) for v in message.get_all(name, []))
    return [found[:512] for found in _ID.findall(value)][:100]


def _date(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message.get("Date")))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.astimezone()


def _flags(head: bytes, senders: list[Address], message: Message) -> tuple[str, ...]:
    found = []
    if len(header_values(head, b"From")) > 1:
        found.append("two_from_headers")
    if len(senders) > 1:
        found.append("from_with_several_addresses")
    if senders and "@" in senders[0].name and senders[0].name.lower() != senders[0].address.lower():
        found.append("name_looks_like_another_address")
    if message.get("Message-ID") is None:
        found.append("no_message_id")
    return tuple(found)


def _authentication(message: Message, authserv_id: str) -> dict[str, str]:
    """spf, dkim and dmarc as our own border found them; anybody else's header says nothing (RFC 8601 §5)."""
    if not authserv_id:
        return {}
    for value in message.get_all("Authentication-Results", []):
        text = re.sub(r"\s+", " ", str(value)).strip()
        if text.split(";", 1)[0].strip().split(" ")[0].lower() != authserv_id.lower():
            continue
        return {m[1].lower(): m[2].lower() for m in re.finditer(r"\b(spf|dkim|dmarc)\s*=\s*(\w+)", text, re.IGNORECASE)}
    return {}
