"""Status, priority, channel and file marks: each a shape and words, never colour alone."""

from dataclasses import dataclass
from typing import Literal

from shared.contracts.state import AttachmentRef, Channel, Priority, StatusSpec, TypeState

Tone = Literal["new", "progress", "waiting", "hold", "solved"]

PRIORITIES: dict[Priority, str] = {"urgent": "Urgent", "high": "High", "normal": "Normal", "low": "Low"}
CHANNELS: dict[Channel, str] = {
    "mail": "by e-mail",
    "portal": "by the help site",
    "phone": "by phone",
    "messenger": "by messenger",
    "api": "by the API",
}
_KILO = 1000
_THUMBNAILS = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_THUMBNAIL_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class StatusMark:
    """A status's label and the shape beside it; `tone` names both shape and colours."""

    key: str
    label: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class PriorityMark:
    key: Priority
    label: str


@dataclass(frozen=True, slots=True)
class FileMark:
    """A file of a message.

    Attributes:
        picture: a browser can show it, and it is small enough to do so in a list.
        icon: name of an icon by what the file is.
    """

    name: str
    size: str
    url: str
    picture: bool
    icon: str


def status_mark(key: str, kind: TypeState | None) -> StatusMark:
    """The mark of a status of a type; a status that the type has no longer shows its key."""
    spec = next((spec for spec in kind.statuses if spec.key == key), None) if kind else None
    return spec_mark(spec) if spec else StatusMark(key, key.replace("_", " ").capitalize(), "progress")


def spec_mark(spec: StatusSpec) -> StatusMark:
    """The mark of a status: by where in the work it stands and whom it waits for."""
    if spec.state == "finished":
        tone: Tone = "solved"
    elif spec.waits_on == "customer":
        tone = "waiting"
    elif spec.waits_on == "other":
        tone = "hold"
    else:
        tone = "new" if spec.state == "not_started" else "progress"
    return StatusMark(spec.key, spec.label, tone)


def priority_mark(key: Priority) -> PriorityMark:
    return PriorityMark(key, PRIORITIES[key])


def size_words(size_bytes: int) -> str:
    """A file's size in decimal units: "48 kB", "1.2 MB"."""
    if size_bytes < _KILO:
        return f"{size_bytes} bytes"
    kilo = size_bytes / _KILO
    if kilo < _KILO:
        return f"{kilo:.0f} kB"
    return f"{kilo / _KILO:.1f} MB"


def file_mark(file: AttachmentRef, url: str) -> FileMark:
    """A file with the address it is read from."""
    kind = file.content_type.split(";")[0].strip().lower()
    picture = kind in _THUMBNAILS and file.size_bytes <= _THUMBNAIL_BYTES
    if kind.startswith("image/"):
        icon = "file-image"
    elif kind in {"application/zip", "application/gzip", "application/x-tar", "application/x-7z-compressed"}:
        icon = "file-archive"
    else:
        icon = "mail" if kind == "message/rfc822" else "file-text"
    return FileMark(file.name or "unnamed", size_words(file.size_bytes), url, picture, icon)
