"""Files that people send, as they are named, kept and served.

Invariant: what a sender says of a file (its name, its type) is never trusted: a browser shows a file only as one of a
few harmless types, everything else it saves.
"""

import re
import unicodedata
from urllib.parse import quote

#: Types that a browser may show; none of them runs anything.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"})
UNKNOWN_TYPE = "application/octet-stream"
NAME_CHARACTERS = 200
#: Served files may do nothing at all, whatever they are (CSP 3 §6.3.1).
POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")


def clean_name(name: str) -> str:
    """A file's name without folders and without characters that nobody sees."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(c for c in last if c.isprintable() and unicodedata.category(c) not in {"Cf", "Cs"}).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if len(shown) > NAME_CHARACTERS and dot and len(ending) <= 10:
        return f"{stem[: NAME_CHARACTERS - len(ending) - 1]}.{ending}"
    return shown[:NAME_CHARACTERS] or "unnamed"


def clean_type(said: str | None) -> str:
    """The type that a sender says, without parameters; unknown where it is none."""
    kind = (said or "").partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) else UNKNOWN_TYPE


def served_type(said: str) -> str:
    """The type that a file is served as."""
    kind = clean_type(said)
    if kind not in SHOWN:
        return UNKNOWN_TYPE
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def headers_of(name: str, said_type: str, *, inline: bool) -> dict[str, str]:
    """Headers under which a file harms nobody; `inline` lets a browser show what it may.

    Source: RFC 6266 §4.3 and RFC 8187 for names that are not ASCII.
    """
    clean = clean_name(name)
    ascii_name = clean.encode("ascii", "replace").decode().translate({ord('"'): "'", ord("\\"): "_", ord("?"): "_"})
    how = "inline" if inline and clean_type(said_type) in SHOWN else "attachment"
    return {
        "Content-Disposition": f"{how}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(clean, safe='')}",
        "Content-Type": served_type(said_type),
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=300",
    }
