"""What `deskstream explain` says, as lines for people.

Invariant: nothing of a mail moves the cursor, colours or renames the terminal that it is shown on, or turns its writing
around.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

_WIDTH, _INDENT = 16, "    "
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NAMES = {"answers_to": "answers go to", "in_reply_to": "in reply to", "message_id": "message id"}


def lines_for_people(row: dict[str, Any]) -> Iterator[str]:
    """One line a field, what is empty left out, what has several lines below its name."""
    for name, value in row.items():
        words = _UNSAFE.sub("\ufffd", _shown(name, value, row))
        called = f"{_NAMES.get(name, name)}:"
        if "\n" in words:
            yield called
            yield from (f"{_INDENT}{line}" for line in words.split("\n"))
        elif words:
            yield f"{called:<{_WIDTH}}{words}"
    left_out = _left_out(row)
    if left_out:
        yield f"{'left out:':<{_WIDTH}}{_UNSAFE.sub(chr(0xFFFD), left_out)}"


def _shown(name: str, value: Any, row: dict[str, Any]) -> str:
    if not value and not isinstance(value, bool):
        return ""
    if name in {"from", "to", "cc"}:
        return ", ".join(_person(one) for one in (value if name != "from" else [value]))
    if name in _SAID:
        return _SAID[name](value)
    if name == "automatic":
        return f"{value}: {row.get('because') or 'by its words'}"
    return str(value).strip("\n")


def _person(one: dict[str, Any]) -> str:
    return f"{one['name']} <{one['address']}>" if one["name"] else str(one["address"])


def _file(one: dict[str, Any]) -> str:
    shown = ", shown in the HTML" if one["inline"] else ""
    return f"{one['filename']} ({one['content_type']}, {one['size']:,} bytes{shown}) sha256 {one['sha256']}"


def _bounce(one: dict[str, Any]) -> str:
    return f"{one['recipient']} {'hard' if one['hard'] else 'soft'} {one['status']}: {one['reason']}"


def _left_out(row: dict[str, Any]) -> str:
    """The first line of the text that is no part of the reply, if anything is left out."""
    text, reply = str(row.get("text") or ""), str(row.get("reply") or "")
    if not text or text.strip() == reply.strip():
        return ""
    kept = iter(line.rstrip() for line in reply.split("\n") if line.strip())
    expected = next(kept, None)
    for number, line in enumerate(text.split("\n"), 1):
        if expected is not None and line.rstrip() == expected:
            expected = next(kept, None)
        elif line.strip():
            return f"from line {number} of the text on, as quotation or signature: {line.strip()[:100]}"
    return ""


#: How fields that are more than text are said; "" for what another line says.
_SAID: dict[str, Callable[[Any], str]] = {
    "attachments": lambda files: "\n".join(map(_file, files)),
    "bounces": lambda bounces: "; ".join(map(_bounce, bounces)),
    "because": lambda _: "",
    "authentication": lambda results: ", ".join(f"{method} {result}" for method, result in results.items()),
    "in_reply_to": ", ".join,
    "references": ", ".join,
    "flags": ", ".join,
}
