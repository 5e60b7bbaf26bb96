"""The words of an invitation, for a mail that has no others; the calendar itself stays an attachment.

Nothing is accepted or answered by it. Source: RFC 5545 §3.1 (folding), §3.3.11 (escapes), §3.6.1.
"""

import re

from services.intake.domain.charset import decode_text

MAX_BYTES = 65_536
_SHOWN = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "DESCRIPTION")
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"^(" + "|".join(_SHOWN) + r")(?:;[^:\n]{0,300})?:(.*)$", re.MULTILINE)
_MOMENT = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")
_ESCAPED = re.compile(r"\\([\\;,nN])")


def text_of_calendar(content: bytes) -> str:
    """Summary, times, place and description of the first event; "" where there is none."""
    text = _FOLD.sub("", decode_text(content[:MAX_BYTES])).partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0]
    found: dict[str, str] = {}
    for line in _LINE.finditer(text.replace("\r", "")):
        found.setdefault(line[1], _readable(line[2].strip()))
    return "\n".join(found[name] for name in _SHOWN if found.get(name))


def _readable(value: str) -> str:
    moment = _MOMENT.match(value)
    if moment is not None:
        year, month, day, hour, minute, zone = moment.groups()
        return f"{year}-{month}-{day}" + (f" {hour}:{minute}{' UTC' if zone else ''}" if hour else "")
    plain = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
    return plain.removeprefix("mailto:").removeprefix("MAILTO:")
