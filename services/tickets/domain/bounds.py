"""How large a part of a record may grow: every record stays under 256 KiB, whatever people send.

Invariant: what a door accepted is clipped and flagged, never refused; what staff or an API send is refused with the
field that is too long. The octets of a mail are kept elsewhere, so clipping loses nothing.
"""

from pydantic import JsonValue

from services.tickets.domain.workspace import Refusal
from shared.contracts.state import AttachmentRef

TEXT_BYTES = 64 * 1024
FIELDS_BYTES = 32 * 1024
FOLLOWERS = 200
TAGS = 50
FILES = 64
MAILBOXES = 20
CLIPPED = "clipped"


def clip(text: str, limit_bytes: int = TEXT_BYTES) -> str:
    """The beginning of a text, whole characters, at most so many bytes of UTF-8."""
    encoded = text.encode(errors="replace")
    return text if len(encoded) <= limit_bytes else encoded[:limit_bytes].decode(errors="ignore")


def fault_of_text(text: str, about: str = "text") -> Refusal | None:
    """A refusal of a text that is too long for one message."""
    if len(text) * 4 <= TEXT_BYTES or len(text.encode(errors="replace")) <= TEXT_BYTES:
        return None
    return Refusal("too_long", f"At most {TEXT_BYTES // 1024} KiB of text fit; attach the rest as a file.", about=about)


def fault_of_files(files: tuple[AttachmentRef, ...]) -> Refusal | None:
    if len(files) <= FILES:
        return None
    return Refusal("too_many", f"At most {FILES} files go with one message.", about="attachments")


def size_of(values: dict[str, JsonValue]) -> int:
    """Bytes that custom fields take, nearly."""
    return sum(_bytes_of(key) + _bytes_of(value) for key, value in values.items())


def fault_of_size(values: dict[str, JsonValue]) -> Refusal | None:
    if size_of(values) <= FIELDS_BYTES:
        return None
    return Refusal("too_long", f"All fields together hold at most {FIELDS_BYTES // 1024} KiB.", about="fields")


def fitting_fields(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Fields as a form posted them, long texts clipped, as many as there is room for."""
    kept: dict[str, JsonValue] = {}
    room = FIELDS_BYTES
    for key, value in values.items():
        room -= _bytes_of(key)
        short = clip(value, max(0, min(room, FIELDS_BYTES // 2))) if isinstance(value, str) else value
        room -= _bytes_of(short)
        if room < 0:
            break
        kept[key] = short
    return kept


def _bytes_of(value: JsonValue) -> int:
    return len(str(value).encode(errors="replace"))
