"""Reads a mail: any bytes in, a `ParsedMail` or `Unreadable` out; it may be slow or hungry, its caller bounds it.

Invariant: the text is never empty where the mail has any text; nothing of a body is thrown away: what cannot be opened
is an attachment.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from services.intake.domain.authentication import border_results
from services.intake.domain.automatic import automatic_kind
from services.intake.domain.body import Body, read_body
from services.intake.domain.bounces.finding import Mail as Report
from services.intake.domain.bounces.finding import find_report
from services.intake.domain.charset import decode_text
from services.intake.domain.fingerprint import fingerprint
from services.intake.domain.flags import flags_of
from services.intake.domain.headers import Headers, charset_hint, readable, split_block
from services.intake.domain.mime import LimitError, leaves
from services.intake.domain.mime import Part as Leaf
from services.intake.domain.parsed_mail import NO_WORDS, ParsedMail, Part, Unreadable
from services.intake.domain.people import people_of
from services.intake.domain.references import ids_of
from services.intake.domain.reply.choosing import is_answer, reply_of
from services.intake.domain.sanitise import sanitise
from services.intake.domain.storable import storable, storable_text

MAX_HEAD_BYTES = 512_000
MAX_SUBJECT = 2_000
LOOP_HEADER = "x-deskstream-desk"
_SHOWN_OF_LIMITED = 65_536


@dataclass(frozen=True, slots=True)
class _Opened:
    """A mail taken apart: headers, body as octets, leaves, what was made of them, and what staff should know.

    Attributes:
        charset: what raw 8-bit in its headers is likely written in.
    """

    raw: bytes
    headers: Headers
    body: bytes
    charset: str | None
    leaves: list[Leaf]
    content: Body
    notice: str = ""


def read_mail(raw: bytes, authserv_id: str = "", desk: str = "") -> ParsedMail | Unreadable:
    """Read a mail.

    Args:
        raw: the octets as they came.
        authserv_id: whose Authentication-Results count (RFC 8601); "" for nobody's.
        desk: our own name in the loop header; "" takes any desk's for ours.
    """
    if b"\n" not in raw[:_SHOWN_OF_LIMITED] and b"\r" in raw[:_SHOWN_OF_LIMITED]:
        raw = raw.replace(b"\r", b"\n")
    headers, body = split_block(raw.lstrip(b"\r\n\t \x00") if raw[:1].isspace() else raw)
    head_bytes = len(raw) - len(body)
    if head_bytes > MAX_HEAD_BYTES:
        return Unreadable("head_too_large", f"its headers have {head_bytes} bytes")
    if not headers.fields and not body.strip():
        return Unreadable("empty", "there is nothing in it")
    return storable(_read(_opened(raw, headers, body), authserv_id, desk))


def _opened(raw: bytes, headers: Headers, body: bytes) -> _Opened:
    charset = charset_hint(headers)
    try:
        parts = leaves(headers, body, charset)
        charset = charset or next((name for part in parts if (name := part.kind.get("charset"))), None)
        return _Opened(raw, headers, body, charset, parts, read_body(parts))
    except LimitError as error:
        # Its first words, and all of it as a file.
        whole = Part("message.eml", "message/rfc822", raw)
        notice = f"This mail was not opened: {error}. It is attached as it came."
        return _Opened(
            raw,
            headers,
            body,
            charset,
            [],
            Body(storable_text(decode_text(body[:_SHOWN_OF_LIMITED])), "", (whole,)),
            notice,
        )


def _read(mail: _Opened, authserv_id: str, desk: str) -> ParsedMail:
    headers, content = mail.headers, mail.content
    people = people_of(headers, mail.charset)
    html = sanitise(content.html) if content.html else None
    found = automatic_kind(headers, mail.leaves)
    report = find_report(Report(mail.raw, headers, people, mail.leaves, content.text), found)
    hops = _hops(headers, desk)
    return ParsedMail(
        subject=readable(headers.raw("subject") or b"", mail.charset)[:MAX_SUBJECT],
        sender=people.sender,
        written_sender=people.written_sender,
        to=people.to,
        cc=people.cc,
        reply_to=people.reply_to,
        date=_date(headers),
        message_id=next(iter(ids_of(headers, "message-id")), None),
        in_reply_to=ids_of(headers, "in-reply-to"),
        references=ids_of(headers, "references"),
        text=content.text or NO_WORDS,
        reply=_reply(mail) or NO_WORDS,
        html=html,
        attachments=content.attachments,
        automatic="loop" if hops else report.kind,
        because="our own header stands in it" if hops else report.because,
        bounces=report.recipients,
        about=report.about,
        authentication=border_results(headers.raw_all("authentication-results"), authserv_id),
        flags=flags_of(headers, people, mail.leaves, content, html_left_out=bool(content.html) and html is None)
        + (("parse_limits",) if mail.notice else ()),
        hops=hops,
        fingerprint=_fingerprint(headers, mail.body),
        notice=mail.notice,
    )


def _reply(mail: _Opened) -> str:
    found = reply_of(mail.content.text, mail.content.html, answers=is_answer(mail.headers))
    return storable_text(found).strip("\n").rstrip()


def _hops(headers: Headers, desk: str) -> int:
    """How often this desk had the mail before."""
    marks = [value.decode("latin-1").strip().lower() for value in headers.raw_all(LOOP_HEADER)]
    return len([mark for mark in marks if not desk or mark == desk.lower()])


def _fingerprint(headers: Headers, body: bytes) -> str:
    sender, date, subject = (b" ".join(headers.raw_all(name)) for name in ("from", "date", "subject"))
    return fingerprint(sender, date, subject, body)


def _date(headers: Headers) -> datetime | None:
    try:
        found = parsedate_to_datetime(headers.text("date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
