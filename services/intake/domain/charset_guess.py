"""Guesses the charset of bytes that nobody names, by the letters that each would make of them.

A general guesser needs long texts; what comes undeclared is a header, a file name, two lines of Portuguese. So the
likely ones are judged first, by how Latin, Cyrillic and East Asian texts look as bytes; the general guesser is asked
for the rest.
"""

# ruff: noqa: RUF001 - letters of many alphabets

import re
import unicodedata

from charset_normalizer import from_bytes

from services.intake.domain.charset_names import COMMON_CYRILLIC, CYRILLIC, DOUBLE_BYTE, LATIN_LETTERS

_BEYOND = re.compile(rb"[\x80-\xff]+")
_CYRILLIC_SIGNS = re.compile("[\x00-\x7f\u00a0«»—–№…“”„’]")
#: A small letter and then a capital: the other Cyrillic charset, read as this one.
_WRONG_CASE = re.compile("[а-яё][А-ЯЁ]")
_ENOUGH = 0.8
_LETTERS = {"Lu", "Ll", "Lo", "Lm", "Mn"}


def guess_charset(content: bytes) -> str | None:
    """The likeliest codec; none where no guess makes letters of the bytes."""
    runs = _BEYOND.findall(content)
    size = sum(map(len, runs))
    if sum(len(run) for run in runs if len(run) > 2) * 2 < size:
        return _latin(content)
    return _cyrillic(content) or _double_byte(content) or _general(content)


def _latin(content: bytes) -> str | None:
    """Latin texts have single letters beyond ASCII among many of it."""
    scores = {name: _latin_score(_read(content, name), *LATIN_LETTERS[name]) for name in LATIN_LETTERS}
    likeliest = max(LATIN_LETTERS, key=lambda name: scores[name])
    return likeliest if scores[likeliest] > 0 else None


def _latin_score(text: str, common: str, rare: str) -> int:
    return sum(3 * (letter in common) + (letter in rare) for letter in text if letter > "\x7f")


def _cyrillic(content: bytes) -> str | None:
    for name in CYRILLIC:
        words = _CYRILLIC_SIGNS.sub(" ", _read(content, name))
        letters = words.replace(" ", "")
        proper = all("\u0400" <= letter <= "\u045f" for letter in letters) and not _WRONG_CASE.search(words)
        common = sum(letter in COMMON_CYRILLIC for letter in letters.lower())
        if letters and proper and common >= 0.65 * len(letters):
            return name
    return None


def _double_byte(content: bytes) -> str | None:
    shares = {name: _common_share(_beyond(_read(content, name)), name) for name in DOUBLE_BYTE}
    likeliest = max(DOUBLE_BYTE, key=lambda name: shares[name])
    return likeliest if shares[likeliest] >= _ENOUGH else None


def _common_share(beyond: str, charset: str) -> float:
    """Which share of the letters is common where a charset is at home; the commonest count twice."""
    first, last, commonest = DOUBLE_BYTE[charset]
    common = sum(
        (first <= letter.encode(charset, "replace")[0] <= last) + 2 * (letter in commonest) + _is_sign(letter)
        for letter in beyond
    )
    return common / len(beyond) if beyond else 0.0


def _is_sign(letter: str) -> bool:
    return "\u3000" <= letter <= "\u303f" or "\uff01" <= letter <= "\uff5e"


def _general(content: bytes) -> str | None:
    best = from_bytes(content).best()
    if best is None:
        return None
    beyond = _beyond(_read(content, best.encoding))
    letters = sum(unicodedata.category(letter) in _LETTERS for letter in beyond)
    return best.encoding if letters >= _ENOUGH * len(beyond) else None


def _beyond(text: str) -> str:
    return "".join(letter for letter in text if letter > "\x7f")


def _read(content: bytes, charset: str) -> str:
    """The text; "" where the bytes are none of this charset's."""
    try:
        return content.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        return ""
