"""Where the quotation of a mail begins: the line that announces it, or the header block above it.

Source: what Gmail, Outlook, Apple Mail, Thunderbird, Yahoo and others write; no standard says how.
"""

# ruff: noqa: RUF001 - signs of many alphabets

import re
from dataclasses import dataclass

from services.intake.domain.reply.attributions import ABOVE, BEGIN, LABELS, ON, ORIGINAL, WROTE

#: Lines that one announcement may be wrapped over, and its longest.
MAX_LINES, MAX_LENGTH = 7, 500
MAX_SEPARATOR = 200
_WROTE = re.compile("|".join(WROTE), re.IGNORECASE)
_ON = re.compile(r"^\W{0,6}(?:" + "|".join(ON) + ")", re.IGNORECASE)
_ENDS = re.compile(r"(?:[:：]|--|—)\s*[>\"'*_]*\s*[\u200e\u200f\u202a-\u202e]*$")
_END_LENGTH, _SHORT = 24, 60
#: Without a digit or an address nothing announces anything; looked for first, since it costs least.
_SAYS_WHEN_OR_WHO = re.compile(r"[\d@]")
_TIME = re.compile(r"\d{1,2}\s?[:.h時时]\s?\d{2}|\d{1,2} ?[ap]\.?m\b", re.IGNORECASE)
_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:19|20)\d\d\b|\d{1,2}\.? ?(?:de )?[^\W\d]{3,}|[^\W\d]{3,}\.? \d{1,2}"
)
_NUMERIC_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+")
_BRACKETED = re.compile(r"<[^<>]*@[^<>]*>?")
_OLD_GMAIL = re.compile(r"^\s*\d{4}[/-]\d{1,2}[/-]\d{1,2}\b.{0,200}<[^<>\s]+@[^<>\s]+>:?\s*$")
_ORIGINAL = re.compile(
    r"^\s*[-_=—–‐*]{2,}\s*(?:"
    + "|".join(ORIGINAL)
    + r")[^\n]{0,60}?[-_=—–‐*\s:：]*$|^\s*(?:"
    + "|".join(BEGIN)
    + r")\W*$",
    re.IGNORECASE,
)
_ABOVE = re.compile("|".join(ABOVE), re.IGNORECASE)
_RULE = re.compile(r"^\s*[_*=-]{5,}\s*$")
_LABEL = re.compile(
    r"^[\s*_]{0,6}(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in LABELS.items()) + r")\s?[*_]{0,2}\s?[:：]",
    re.IGNORECASE,
)
_LABELLED_WITHIN = 10


@dataclass(frozen=True, slots=True)
class Marker:
    """What announces a quotation.

    Attributes:
        start, end: its lines, the second past the last.
        certain: the rest is quotation even where it is not marked as such.
        loose: it may be the sender's own words about a quotation between them.
    """

    start: int
    end: int
    certain: bool
    loose: bool = False


class _Verbs:
    """Which lines say "wrote": each is asked once, since seven announcements may share it."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._known: dict[int, bool] = {}

    def within(self, first: int, end: int) -> bool:
        return any(self._says(number) for number in range(first, end))

    def _says(self, number: int) -> bool:
        if number not in self._known:
            line = self._lines[number]
            self._known[number] = len(line) <= MAX_LENGTH and _WROTE.search(line) is not None
        return self._known[number]


def find_marker(lines: list[str], start: int = 0) -> Marker | None:
    """The first announcement from a line on."""
    verbs = _Verbs(lines)
    for number in range(start, len(lines)):
        line = lines[number]
        if not line.strip() or is_quoted(line):
            continue
        found = (
            _separator(lines, number)
            or _header_block(lines, number)
            or _attribution(lines, number, verbs)
            or _name_above_quotation(lines, number)
        )
        if found is not None:
            return found
    return None


def is_quoted(line: str) -> bool:
    """A line that its mailer marked as quotation."""
    return line.lstrip(" \t\u00a0").startswith((">", "＞", "&gt;"))


def is_rule(line: str) -> bool:
    """A line drawn across."""
    return _RULE.match(line) is not None


def _separator(lines: list[str], number: int) -> Marker | None:
    line = lines[number]
    if len(line) > MAX_SEPARATOR or not (_ORIGINAL.match(line) or _ABOVE.search(line)):
        return None
    return Marker(number, number + 1, certain=True)


def _header_block(lines: list[str], number: int) -> Marker | None:
    """From, Sent, To, Subject in some order and language, maybe below a rule."""
    first = number
    if _RULE.match(lines[number]):
        first = next((n for n in range(number + 1, min(number + 3, len(lines))) if lines[n].strip()), number)
    if _LABEL.match(lines[first]) is None:
        return None
    kinds: set[str] = set()
    end = first
    for index in range(first, min(first + _LABELLED_WITHIN, len(lines))):
        label = _LABEL.match(lines[index])
        if label is not None:
            kinds.add(str(label.lastgroup))
            end = index + 1
        elif index > end + 1 or (not lines[index].strip() and index > first and len(kinds) > 1):
            break
    return Marker(number, end, certain=True) if "from" in kinds and len(kinds & {"date", "to", "subject"}) > 1 else None


def _attribution(lines: list[str], number: int, verbs: _Verbs) -> Marker | None:
    """One announcement, however it is wrapped; words of the sender right above it are no part of it."""
    joined = ""
    for index in range(number, min(number + MAX_LINES, len(lines))):
        line = lines[index]
        if index > number and is_quoted(line) and joined.count("<") <= joined.count(">"):
            return None
        if not line.strip() and (index == number or not _is_open(joined)):
            return None
        joined = f"{joined} {line.strip()}".strip()
        if len(joined) > MAX_LENGTH:
            return None
        if _ends_one(joined) and _announces(joined, wrote=verbs.within(number, index + 1)):
            start = _nearest_start(lines, number, index + 1, verbs)
            certain = _ADDRESS.search(joined) or _TIME.search(joined)
            return Marker(start, index + 1, certain=certain is not None)
    return None


def _name_above_quotation(lines: list[str], number: int) -> Marker | None:
    """Right above marked lines: "Marta wrote:", or in whatever language a name with its address and a colon."""
    line = lines[number]
    below = next((text for text in lines[number + 1 : number + 3] if text.strip()), "")
    if len(line) > MAX_SEPARATOR or not is_quoted(below):
        return None
    if _ENDS.search(line[-_END_LENGTH:]) is None:
        return None
    wrote = len(line) <= _SHORT and _WROTE.search(line[-_END_LENGTH:]) is not None
    named = _BRACKETED.search(line) is not None
    return Marker(number, number + 1, certain=False, loose=True) if wrote or named else None


def _nearest_start(lines: list[str], first: int, end: int, verbs: _Verbs) -> int:
    """The last line from which on it is an announcement still, and which begins like one."""
    starts = [n for n in range(first, end) if _announces(_joined(lines[n:end]), wrote=verbs.within(n, end))]
    dated = [number for number in starts if _is_dated(lines[number])]
    begun = [number for number in dated if _ON.match(lines[number])]
    named = [number for number in starts if _BRACKETED.search(lines[number])]
    return (begun or dated or named or [first])[-1]


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def _is_dated(line: str) -> bool:
    return (_TIME.search(line) or _YEAR.search(line) or _NUMERIC_DATE.search(line)) is not None


def _is_open(joined: str) -> bool:
    """Whether an announcement that begins so may go on after an empty line."""
    return _ON.match(joined) is not None and _DATE.search(joined) is not None and len(joined) <= 200


def _ends_one(text: str) -> bool:
    """Whether it ends as announcements do, and says when or who; what most lines fail, at little cost."""
    ends = _ENDS.search(text[-_END_LENGTH:]) is not None or text.endswith(">")
    return ends and _SAYS_WHEN_OR_WHO.search(text) is not None


def _announces(text: str, *, wrote: bool) -> bool:
    if _OLD_GMAIL.match(text):
        return True
    if _ENDS.search(text[-_END_LENGTH:]) is None:
        return False
    if wrote:
        dated = _DATE.search(text) is not None or _BRACKETED.search(text) is not None
        return dated and (_ON.match(text) is not None or _speaks_of_person(text))
    return _YEAR.search(text) is not None and _TIME.search(text) is not None and _BRACKETED.search(text) is not None


def _speaks_of_person(text: str) -> bool:
    """A name or an address stands before "wrote", or a date and time after it."""
    verb = _WROTE.search(text)
    before = text[: verb.start()] if verb else ""
    return _BRACKETED.search(text) is not None or (_TIME.search(text) is not None and 0 < len(before) <= 120)
