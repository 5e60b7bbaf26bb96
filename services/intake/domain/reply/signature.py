"""Where a signature begins, and what mail programs sign by themselves.

The rule of thumb: only what stands at the end goes, and only what looks like a signature; a question never does.
"""

# ruff: noqa: RUF001 - signs of many alphabets

import re

from services.intake.domain.reply.signature_phrases import MOBILE

_DELIMITER = re.compile(r"^\s?(?:--|—|––|-- -|__|- -)\s*$")
_EXACT = "-- "
_MOBILE = re.compile(r"^[\W_]{0,4}(?:" + "|".join(MOBILE) + r")[\W_]{0,4}$", re.IGNORECASE)
#: Lines of a signature: below the exact delimiter (RFC 3676 §4.3), and below one that only resembles it.
_EXACT_LINES, _ALIKE_LINES, _LONG_LINE = 30, 12, 120


def without_signature(lines: list[str]) -> list[str]:
    """The lines before the signature; all of them where nothing would be left."""
    kept = _without_mobile(_before_delimiter(_without_mobile(lines)))
    return kept if any(line.strip() for line in kept) else lines


def is_signature(lines: list[str]) -> bool:
    """Whether these lines are nothing but a signature."""
    words = [line for line in lines if line.strip()]
    return not words or all(is_mobile(line) for line in words) or not _before_delimiter(["x", *words])[1:]


def is_mobile(line: str) -> bool:
    """A line that a telephone's mail program writes by itself."""
    return len(line) <= 160 and _MOBILE.match(line.strip()) is not None


def _before_delimiter(lines: list[str]) -> list[str]:
    left, begun = sum(bool(line.strip()) for line in lines), False
    for number, line in enumerate(lines):
        left -= bool(line.strip())
        exact = line.endswith(_EXACT)
        if begun and left <= (_EXACT_LINES if exact else _ALIKE_LINES) and _DELIMITER.match(line):
            below = [after for after in lines[number + 1 :] if after.strip()]
            if exact or not _speaks(below):
                return lines[:number]
        begun = begun or bool(line.strip())
    return lines


def _speaks(lines: list[str]) -> bool:
    """Whether somebody says something here: asks, or writes long lines."""
    return any(line.rstrip().endswith(("?", "？")) for line in lines) or (
        sum(len(line) > _LONG_LINE for line in lines) > 1
    )


def _without_mobile(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or is_mobile(lines[end - 1])):
        end -= 1
    return lines[:end]
