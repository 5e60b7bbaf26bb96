"""Finds the report in a mail: what failed for whom, and which mail it is about.

Order: the machine-readable part (RFC 3464), wherever it stands; a header that names who failed; the words of the
report; flufl.bounce, which knows older servers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes

from flufl.bounce import all_failures

from services.intake.domain.address_list import read_addresses
from services.intake.domain.automatic import Found
from services.intake.domain.bounces.delivery_status import Told, read_delivery_status
from services.intake.domain.bounces.evidence import from_server, tells_failure
from services.intake.domain.bounces.report_text import Named, cut, named_recipients, words_about
from services.intake.domain.bounces.verdicts import is_hard
from services.intake.domain.headers import Headers, split_block
from services.intake.domain.mime import Part
from services.intake.domain.people import People
from services.intake.domain.transfer import decode_transfer
from shared.contracts.intake import BouncedRecipient
from shared.contracts.state import Automatic

_STATUS_PARTS = {"message/delivery-status", "message/global-delivery-status"}
_ORIGINAL_PARTS = {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "text/rfc822"}
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_ORIGINAL_ID = re.compile(r"(?im)^[ \t>]*message-id:\s{0,20}<([^<>\s]{1,512})>")
_DELIVERED = {"delivered", "relayed", "expanded"}
_OTHERWISE_BYTES, _OTHERWISE_LINE = 65_536, 1_000
_REASON = 300


@dataclass(frozen=True, slots=True)
class Report:
    """A report's recipients that failed, the Message-ID it is about, what kind of automatic mail it is, and why."""

    recipients: tuple[BouncedRecipient, ...] = ()
    about: str | None = None
    kind: Automatic | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a report is looked for in."""

    raw: bytes
    headers: Headers
    people: People
    parts: list[Part]
    text: str


def find_report(mail: Mail, found: Found | None) -> Report:
    """What the mail reports; what was found before alone where it is no report.

    Args:
        mail: as read so far.
        found: what its headers and parts say it is.
    """
    kind, because = found or (None, "")
    if kind in {"complaint", "receipt"}:
        return Report(kind=kind, because=because, about=_about(mail, "") if kind == "complaint" else None)
    told = [one for part in mail.parts if part.kind.value in _STATUS_PARTS for one in read_delivery_status(_of(part))]
    if not told and not (kind == "bounce" or tells_failure(mail.headers, mail.people, mail.text)):
        return Report(kind=kind, because=because)
    because = _why(mail, told, because)
    report, returned = cut(mail.text)
    told = told or _told_in_text(mail.text)
    recipients = [_from_status(one, report) for one in told if one.action not in _DELIVERED and one.recipient]
    if not recipients and not told:
        recipients = _from_words(mail, report, returned)
        if not recipients and kind is None:
            # It names nobody, and nothing but a few words says that a machine wrote it.
            return Report()
    return Report(tuple(_once(recipients)), _about(mail, returned), "bounce", because)


def _why(mail: Mail, told: list[Told], because: str) -> str:
    if told:
        return "it has a part message/delivery-status"
    if mail.headers.has("x-failed-recipients"):
        return "it has a header x-failed-recipients"
    return "a mail server writes that something was not delivered" if from_server(mail.headers) else because


def _from_status(told: Told, report: str) -> BouncedRecipient:
    around = words_about(report, told.recipient)
    words = told.diagnostic or around
    hard = is_hard(told.action, told.status, words, around)
    return BouncedRecipient(recipient=told.recipient[:254], status=told.status, hard=hard, reason=_reason(words))


def _told_in_text(text: str) -> list[Told]:
    """The machine-readable part where it stands in the text: unlabelled, or in a mail that was cut open."""
    blocks = [block.lstrip() for block in _PARAGRAPH.split(text) if "final-recipient:" in block.lower()]
    return [told for block in blocks for told in read_delivery_status(block.encode())]


def _from_words(mail: Mail, report: str, returned: str) -> list[BouncedRecipient]:
    original = next(_originals(mail), None) or split_block(returned.partition("\n")[2].lstrip().encode())[0]
    not_these = {address.address.lower() for address in (*mail.people.authors, *mail.people.to)}
    named = _named_in_header(mail.headers, report) or named_recipients(report, not_these)
    named = named or [Named(one, report) for one in _otherwise(mail.raw)]
    if not named:
        named = [Named(one.address, report) for one in read_addresses(original.raw_all("to")[:1])]
    return [_from_named(one, alone=len(named) == 1, report=report) for one in named if one.recipient]


def _named_in_header(headers: Headers, report: str) -> list[Named]:
    """X-Failed-Recipients, of Exim and Google."""
    names = ", ".join(value.decode("latin-1") for value in headers.raw_all("x-failed-recipients"))
    return [Named(one, words_about(report, one)) for one in (n.strip(" <>\t") for n in names.split(",")) if one]


def _from_named(named: Named, *, alone: bool, report: str) -> BouncedRecipient:
    words = report if alone else named.words
    status = _STATUS.search(words)
    code = status[1] if status else ""
    hard = is_hard("", code, words)
    return BouncedRecipient(recipient=named.recipient[:254], status=code, hard=hard, reason=_reason(named.words))


def _otherwise(raw: bytes) -> list[str]:
    """Whom flufl.bounce finds, whose patterns take quadratic time on long lines."""
    lines = (line[:_OTHERWISE_LINE] for line in raw[:_OTHERWISE_BYTES].split(b"\n"))
    try:
        found = all_failures(message_from_bytes(b"\n".join(lines)))
    except Exception:  # noqa: BLE001 - its detectors, and the parser below them, raise whatever a mail makes them raise
        return []
    return sorted({one.decode("utf-8", "replace") for one in (*found[0], *found[1])})


def _once(recipients: list[BouncedRecipient]) -> list[BouncedRecipient]:
    first: dict[str, BouncedRecipient] = {}
    for one in recipients:
        first.setdefault(one.recipient.lower(), one)
    return list(first.values())


def _about(mail: Mail, returned: str) -> str | None:
    """The Message-ID of the mail that is reported on."""
    for original in _originals(mail):
        name = original.text("message-id").strip("<> ")
        if name:
            return name
    found = _ORIGINAL_ID.search(returned) or _ORIGINAL_ID.search(mail.text)
    if found is not None:
        return found[1]
    answered = re.findall(r"<([^<>\s]{1,512})>", mail.headers.plain("in-reply-to") + mail.headers.plain("references"))
    return answered[-1] if answered else None


def _originals(mail: Mail) -> Iterator[Headers]:
    """Headers of the mails that came back as parts."""
    for part in mail.parts:
        if part.kind.value in _ORIGINAL_PARTS:
            yield split_block(_of(part)[:65_536].lstrip())[0]


def _of(part: Part) -> bytes:
    return decode_transfer(part.content, part.headers.plain("content-transfer-encoding"))


def _reason(words: str) -> str:
    return " ".join(words.split())[:_REASON]
