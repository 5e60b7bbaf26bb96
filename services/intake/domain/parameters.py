"""Content-Type and Content-Disposition with their parameters: RFC 2231, RFC 2047 in quotes, raw 8-bit.

Invariant: at most `MAX_PARAMETERS` are read, in linear time, so that twenty thousand of them cost nothing.
"""

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote_to_bytes

from services.intake.domain.charset import decode_text
from services.intake.domain.headers import decode_words

MAX_PARAMETERS = 200
MAX_VALUE_BYTES = 65_536
MAX_NAME = 100
#: What stands between semicolons; those in quotes separate nothing.
_PIECE = re.compile(r"(?:[^\";]|\"(?:[^\"\\]|\\.)*\"?)+", re.DOTALL)
_SECTION = re.compile(r"^(.+?)\*(?:(\d{1,3})(\*)?)?$")
_ESCAPED = re.compile(r"\\([\"\\])")
_KIND = re.compile(r"^\s*([a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parametric:
    """A header such as ``text/plain; charset=utf-8``."""

    value: str
    parameters: dict[str, str]

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def read_parameters(raw: bytes | None, charset: str | None = None) -> Parametric:
    """The value before the first semicolon, lower case, and the parameters by their lower-case names.

    Args:
        raw: the header's value.
        charset: what raw 8-bit in it is likely written in.
    """
    if not raw:
        return Parametric("", {})
    text = decode_text(raw[:MAX_VALUE_BYTES], hint=charset)
    value, _, _ = text.partition(";")
    kind = _KIND.match(value)
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    plain: dict[str, str] = {}
    pieces = (found[0].partition("=") for found in _PIECE.finditer(text, len(value)))
    for written, _, quoted in islice((piece for piece in pieces if piece[1]), MAX_PARAMETERS):
        name, content = written.strip().lower()[:MAX_NAME], _unquoted(quoted)
        section = _SECTION.match(name)
        if section is None:
            plain.setdefault(name, _without_words(content))
        else:
            extended = section[3] is not None or section[2] is None
            sections.setdefault(section[1], []).append((int(section[2] or 0), extended, content))
    plain.update({name: _joined(found) for name, found in sections.items()})
    return Parametric((kind[1] if kind else value).strip().lower(), plain)


def _unquoted(content: str) -> str:
    content = content.strip()
    if content.startswith('"'):
        return _ESCAPED.sub(r"\1", content[1:-1] if content.endswith('"') and len(content) > 1 else content[1:])
    return content[1:-1] if len(content) > 1 and content[0] == content[-1] == "'" else content


def _without_words(content: str) -> str:
    return decode_words(content) if "=?" in content else content


def _joined(sections: list[tuple[int, bool, str]]) -> str:
    """RFC 2231 §3, §4: continuations in their order; percent bytes in the charset that the first one names."""
    charset, made = "", b""
    for index, (_, extended, content) in enumerate(sorted(sections, key=lambda section: section[0])):
        piece = content
        if extended:
            if index == 0 and piece.count("'") >= 2:
                charset, _, piece = piece.split("'", 2)
            made += unquote_to_bytes(piece)
        else:
            made += piece.encode("utf-8", "replace")
    return _without_words(decode_text(made, charset))
