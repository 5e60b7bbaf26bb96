"""Names and kinds of files as customers send and read them.

Invariant: a name has no path, no control or direction marks and fits 255 bytes; two files of one post never share one.
A browser shows by itself only pictures that cannot run anything.
"""

import re
from collections.abc import Sequence

MOST_FILES = 10
NAME_BYTES = 255
#: Of everything else browsers keep a copy: it never runs under our name.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
ANY_KIND = "application/octet-stream"
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_KIND = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


def safe_names(names: Sequence[str]) -> list[str]:
    """File names as a browser gives them, made safe and told apart."""
    found: list[str] = []
    for name in names:
        safe, copy = _safe(name), 2
        while safe in found:
            stem, dot, ending = _safe(name).rpartition(".")
            safe = _short(f"{stem} ({copy})" if stem else f"{ending} ({copy})", f"{dot}{ending}" if stem else "")
            copy += 1
        found.append(safe)
    return found


def kind_of(content_type: str) -> str:
    """A media type without its parameters; what is none is any octets."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if _KIND.fullmatch(kind) else ANY_KIND


def _safe(name: str) -> str:
    last = _UNSAFE.sub("", name).replace("\\", "/").rpartition("/")[2].strip(" .")
    stem, dot, ending = last.rpartition(".")
    return _short(stem, dot + ending) if stem and len(ending) <= 20 else _short(last, "") or "file"


def _short(stem: str, ending: str) -> str:
    room = NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending
