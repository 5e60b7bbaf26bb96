"""A report for people: what it says, whom it names, and where the mail that came back begins.

Servers agree on little but the order: first what failed and why, then the mail itself or its headers. So the text is
cut where the mail begins, and addresses are read from what stands before.
"""

import re
from dataclasses import dataclass

from services.intake.domain.bounces.phrases import NOT_RECIPIENTS, RETURNED

MAX_TEXT = 20_000
MAX_RECIPIENTS = 50
_RETURNED = re.compile(r"^[\s\-*=|_>#]*(?:" + "|".join(RETURNED) + ")", re.IGNORECASE)
_HEADER = re.compile(r"^\s*(?:received: |return-path: |dkim-signature: |x-google-)", re.IGNORECASE)
_NOT_RECIPIENT = re.compile("|".join(NOT_RECIPIENTS), re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>@,;:\"'()\[\]|*=]+@(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+")
_LEADING = re.compile(r"^[^\w\n]{0,12}(" + _ADDRESS.pattern + r")(?=$|[\s>:;,.\"'()\[<])")
_NAMED = re.compile(
    r"\b(?:rcpt to|recipients?|to|user(?:id)?|address(?:es)?|errors?|group|empf[äa]nger|destinataires?|destinatarios?)"
    r"\s*[:=]?\s*[<\"'(]{0,2}(" + _ADDRESS.pattern + ")",
    re.IGNORECASE,
)
_REPLY = re.compile(r"^\s*(?:<<<\s*)?[45]\d\d[ -].*?<(" + _ADDRESS.pattern + ")>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A recipient that a report names, and what it says of it."""

    recipient: str
    words: str


def cut(text: str) -> tuple[str, str]:
    """The report, and the mail that came back with it ("" where it did not)."""
    text = text[:MAX_TEXT]
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _HEADER.match(line) or (number > 1 and len(line) < 200 and _RETURNED.match(line)):
            return "\n".join(lines[:number]), "\n".join(lines[number:])
    return text, ""


def named_recipients(report: str, not_these: set[str]) -> list[Named]:
    """Whom the report names, each with what follows until the next.

    Args:
        report: its text.
        not_these: lower-case addresses of its sender and of who gets it.
    """
    lines = report.split("\n")
    for pattern in (_LEADING, _REPLY, _NAMED, _ADDRESS):
        found = list(_places(lines, pattern, not_these))
        if found:
            return _with_words(lines, found[:MAX_RECIPIENTS])
    return []


def words_about(report: str, recipient: str) -> str:
    """What the report says of a recipient known from elsewhere: from its first mention on, else all of it."""
    at = report.lower().find(recipient.lower()) if recipient else -1
    return report[at:] if at >= 0 else report


def _places(lines: list[str], pattern: re.Pattern[str], not_these: set[str]) -> list[tuple[int, str]]:
    places: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        if _NOT_RECIPIENT.search(line) and pattern is not _LEADING:
            continue
        for found in pattern.finditer(line[:1000]):
            address = (found[1] if found.re.groups else found[0]).rstrip(".")
            if address.lower() not in not_these and "." in address.rpartition("@")[2]:
                places.append((number, address))
    return places


def _with_words(lines: list[str], places: list[tuple[int, str]]) -> list[Named]:
    """One entry an address: its words run to the next one's line."""
    first: dict[str, int] = {}
    for number, address in places:
        first.setdefault(address.lower(), number)
    starts = sorted(set(first.values()))
    named: list[Named] = []
    for number, address in places:
        if first.pop(address.lower(), None) is not None:
            end = next((start for start in starts if start > number), len(lines))
            named.append(Named(address, "\n".join(lines[number:end])))
    return named
