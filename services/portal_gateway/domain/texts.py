"""Texts and values that a program sends: what is taken can be stored, shown, and carried by every record.

Invariant: no NUL, no lone surrogate, no number that JSON cannot carry gets in.
"""

import math
import re
from typing import Any

from pydantic import JsonValue

_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_CONTROL_BUT_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@[^\s@<>(),;:\"\[\]\\]+")
ADDRESS_CHARACTERS = 254
DEEPEST = 12
#: Whole numbers that every JSON reader keeps exactly (RFC 8259 §6).
LARGEST_EXACT = 2**53 - 1


def one_line(text: str) -> str:
    """The text, if it is one line.

    Raises:
        ValueError: it has line breaks or control characters.
    """
    if _CONTROL.search(text) or _SURROGATES.search(text):
        raise ValueError("one line without control characters")
    return text


def lines(text: str) -> str:
    """The text with line breaks as one character, if people can read it.

    Raises:
        ValueError: it has control characters.
    """
    if _CONTROL_BUT_LINES.search(text) or _SURROGATES.search(text):
        raise ValueError("text without control characters")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def address(text: str) -> str:
    """The text, if it looks like a mail address.

    Raises:
        ValueError: it does not.
    """
    if len(text) > ADDRESS_CHARACTERS or not _ADDRESS.fullmatch(one_line(text)):
        raise ValueError("a mail address, such as ana@shop.example")
    return text


def storable(value: Any, depth: int = 0) -> JsonValue:
    """A JSON value, if it can be stored and said again.

    Raises:
        ValueError: it nests too deep, or holds a NUL, a lone surrogate or a number that JSON cannot carry.
    """
    if depth > DEEPEST:
        raise ValueError(f"nested at most {DEEPEST} deep")
    if isinstance(value, str):
        if "\x00" in value or _SURROGATES.search(value):
            raise ValueError("text without NUL characters")
        return value
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        if not math.isfinite(value) or (isinstance(value, int) and abs(value) > LARGEST_EXACT):
            raise ValueError("a number that JSON can carry")
        return value
    if isinstance(value, list):
        return [storable(inner, depth + 1) for inner in value]
    if isinstance(value, dict):
        return {str(storable(str(key))): storable(inner, depth + 1) for key, inner in value.items()}
    raise ValueError("a JSON value")
