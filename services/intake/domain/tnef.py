"""Outlook's winmail.dat: the files and the words in it. Runs in the bounded child only.

A winmail.dat that cannot be opened stays an attachment as it came: nothing is lost by it.
"""

from dataclasses import dataclass

from compressed_rtf import decompress
from striprtf.striprtf import rtf_to_text
from tnefparse import TNEF

from services.intake.domain.charset import decode_text

MAX_FILES = 100


@dataclass(frozen=True, slots=True)
class Opened:
    """What stood in it: files as name, kind, content; text and HTML, "" where there is none."""

    files: tuple[tuple[str, str, bytes], ...]
    text: str = ""
    html: str = ""


def open_tnef(content: bytes) -> Opened | None:
    """Open it; none where it cannot be."""
    try:
        found = TNEF(content, do_checksum=False)
        files = tuple(
            (str(one.long_filename() or one.name or "file"), "application/octet-stream", bytes(one.data or b""))
            for one in found.attachments[:MAX_FILES]
        )
        return (
            Opened(files, _text(found.body, found.codepage), _text(found.htmlbody, found.codepage))
            if found.body or found.htmlbody
            else Opened(files, _rich_text(found.rtfbody))
        )
    except Exception:  # noqa: BLE001 - its parser raises whatever a broken container makes it raise, NameError too
        return None


def _text(content: object, codepage: str | None) -> str:
    """Words in the charset that the container names, where they are no text yet."""
    if isinstance(content, bytes):
        return decode_text(content, codepage)
    return str(content) if content else ""


def _rich_text(content: object) -> str:
    if not isinstance(content, bytes | str) or not content:
        return ""
    raw = content if isinstance(content, bytes) else content.encode("latin-1", "replace")
    plain = raw if raw.lstrip().startswith(b"{\\rtf") else bytes(decompress(raw))
    return str(rtf_to_text(plain.decode("latin-1"), errors="ignore"))  # type: ignore[no-untyped-call] # untyped
