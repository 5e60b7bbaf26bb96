"""Address headers, as mailers and forgers write them, to names and addresses.

Invariant: one pass, no recursion, bounded: a kilobyte of open parentheses costs a kilobyte.
Source: RFC 5322 §3.4; group syntax is read as its members.
"""

import re

from services.intake.domain.charset import decode_text
from services.intake.domain.headers import decode_words
from shared.contracts.state import Address

MAX_ADDRESSES = 200
MAX_HEADER_BYTES = 65_536
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]]{1,128}@[^\s<>@,;\"()]{1,255}")
#: The way that mail was to take, which nobody follows any more (RFC 5321 appendix C).
_ROUTE = re.compile(r"^@[^:@]{1,255}:")
_QUOTED_ATOM = re.compile(r"^\"[^\s\"(),:;<>@\[\]\\]{1,64}\"$")
_BAD = re.compile("[\x00-\x20\x7f<>\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile("[\\s\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def read_addresses(values: list[bytes]) -> list[Address]:
    """Every address of the header's values, in order, each with its display name."""
    found: list[Address] = []
    for value in values:
        text = decode_text(value[:MAX_HEADER_BYTES])
        entries = [_entry(piece) for piece in _pieces(text)]
        if not any(entries) and "=?" in text:
            entries = [_entry(piece) for piece in _pieces(decode_words(text))]
        found += [entry for entry in entries if entry is not None]
    return found[:MAX_ADDRESSES]


class _Cutter:
    """Where one letter stands: in quotes, in how many comments, in angle brackets."""

    __slots__ = ("angled", "depth", "escaped", "quoted")

    def __init__(self) -> None:
        self.depth, self.quoted, self.angled, self.escaped = 0, False, False, False

    def outside(self, letter: str) -> bool:
        """Take one letter; whether it stands outside all of them and may separate."""
        if self.escaped:
            self.escaped = False
        elif letter == "\\":
            self.escaped = True
        elif letter == '"' and not self.depth:
            self.quoted = not self.quoted
        elif self.quoted:
            return False
        elif letter == "(" and not self.angled:
            self.depth += 1
        elif letter == ")" and self.depth:
            self.depth -= 1
        elif letter in "<>" and not self.depth:
            self.angled = letter == "<"
        else:
            return not self.depth and not self.angled
        return False

    @property
    def unclosed(self) -> bool:
        return self.quoted or self.angled or self.depth > 0


def _pieces(text: str) -> list[str]:
    """Split at commas and semicolons that separate; a group's name falls off at its colon, if the group ends."""
    pieces: list[str] = []
    start, cutter, has_at = 0, _Cutter(), False
    last_end = text.rfind(";")
    for position, letter in enumerate(text):
        has_at = has_at or letter == "@"
        if not cutter.outside(letter):
            continue
        if letter in ",;":
            pieces.append(text[start:position])
            start, has_at = position + 1, False
        elif letter == ":" and not has_at and position < last_end:
            start = position + 1
    if cutter.unclosed:
        # Something was never closed: what a comma separates is the better guess.
        return [*pieces, *re.split(r"[,;]", text[start:])]
    return [*pieces, text[start:]]


def _entry(piece: str) -> Address | None:
    piece = piece.strip()
    if "@" not in piece and "<" not in piece:
        return None
    before, bracket, after = piece.rpartition("<")
    if bracket:
        address, _, behind = after.partition(">")
        name = _name(before.rstrip("< ")) or _comment(behind)
        return _made(address, name) or _bare(piece)
    return _bare(piece)


def _bare(piece: str) -> Address | None:
    """An address without brackets, its name in a comment or in front of it; a lone quoted string is a name."""
    if len(piece) > 1 and piece[0] == piece[-1] == '"' and piece.count('"') == 2:
        return None
    comment = _comment(piece)
    outside = piece.partition("(")[0] if comment else piece
    found = _ADDRESS.search(outside) or _ADDRESS.search(piece)
    if found is None:
        return None
    words = _name(outside[: found.start()]) if found.string is outside else ""
    return _made(found[0], comment or words)


def _made(address: str, name: str) -> Address | None:
    address = _ROUTE.sub("", _unwrapped(address.strip())).removeprefix("mailto:").rstrip(".")
    local, at, domain = address.rpartition("@")
    if _QUOTED_ATOM.match(local):
        # Quotes that need not be there are no part of it (RFC 5321 §4.1.2).
        local = local[1:-1]
        address = f"{local}@{domain}"
    if not at or not local or not domain or len(address) > 254 or _BAD.search(address):
        return None
    return Address(address=address, name=name)


def _unwrapped(address: str) -> str:
    """Without quotes around the whole of it, and without one that was never closed."""
    if address.count('"') % 2:
        address = address.replace('"', "")
    while len(address) > 1 and address[0] == address[-1] and address[0] in "'\"":
        address = address[1:-1].strip()
    return address.strip("'")


def _name(text: str) -> str:
    text = text.strip()
    if '"' in text:
        text = re.sub(r"\\(.)", r"\1", text.replace('\\"', "\x00")).replace('"', "").replace("\x00", '"')
    if "=?" in text:
        text = decode_words(text)
    text = _SPACE.sub(" ", text).strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1].strip()
    return text[:200]


def _comment(text: str) -> str:
    start, end = text.find("("), text.rfind(")")
    return _name(text[start + 1 : end]) if 0 <= start < end else ""
