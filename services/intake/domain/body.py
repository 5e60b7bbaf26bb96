"""What a mail's leaves are: its text, its HTML, its attachments.

A mail is a row of blocks. The alternatives of one multipart are one block (its plain text and its HTML say the same);
each text part beside them is a block of its own, in order. Nothing is lost: what is no text is an attachment.
"""

import html as markup
import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from services.intake.domain.attachments import attachment, name_as_written, safe_name, with_own_names
from services.intake.domain.calendar_text import text_of_calendar
from services.intake.domain.html_text import MAX_LAID_OUT, has_words, text_of_html
from services.intake.domain.mime import Part
from services.intake.domain.parsed_mail import Part as Attachment
from services.intake.domain.storable import storable_text
from services.intake.domain.text_part import read_text
from services.intake.domain.tnef import open_tnef

_TEXTS = {"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text"}
#: Kinds of text that are no letter, even alone.
_DATA = {"text/calendar", "text/csv", "text/rtf", "text/vcard", "text/x-vcard", "text/rfc822-headers", "text/css"}
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
#: Once a mail has so many, what stands uuencoded in its texts stays there.
MAX_FILES = 100
_CID = re.compile(r"(?i)cid:([^\"'\s>)]{1,200})")
_IMAGE = re.compile(r"(?i)<img\b")


@dataclass(slots=True)
class _Block:
    plain: list[str] = field(default_factory=list)
    rich: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Body:
    """Text, raw HTML ("" where there is none) and attachments of a mail."""

    text: str
    html: str
    attachments: tuple[Attachment, ...]
    tnef_broken: bool = False


def read_body(parts: list[Part]) -> Body:
    """Sort the leaves."""
    blocks: dict[object, _Block] = {}
    files: list[Attachment] = []
    roots = _roots(parts)
    alone = len(parts) == 1
    for index, part in enumerate(parts):
        if not _is_text(part, alone=alone) or not _is_shown(part, roots):
            files.append(attachment(part))
            continue
        block = blocks.setdefault(_block_of(part) or index, _Block())
        words, uuencoded = read_text(part, unpack=len(files) < MAX_FILES)
        (block.rich if part.kind.value == "text/html" else block.plain).append(words)
        files += [Attachment(safe_name(n, "file"), "application/octet-stream", c) for n, c in uuencoded]
    return _assembled(list(blocks.values()), files)


def _assembled(blocks: list[_Block], files: list[Attachment]) -> Body:
    files, extra, broken = _unpacked(files)
    if extra is not None and not any(part.strip() for block in blocks for part in (*block.plain, *block.rich)):
        blocks = [extra]
    rich = any(_is_rich(block) for block in blocks)
    shown = "\n".join(_rich(block) for block in blocks) if rich else ""
    laid_out = sum(len(html) for block in blocks for html in block.rich) <= MAX_LAID_OUT
    texts = [_plain(block, laid_out=laid_out) for block in blocks]
    referenced = {unquote(found).lower() for found in _CID.findall(shown)}
    marked = [replace(f, inline=(f.content_id or "").lower() in referenced) if f.content_id else f for f in files]
    text = "\n\n".join(text for text in texts if text.strip()) or _invitation(files)
    return Body(storable_text(text).strip("\n").rstrip(), shown, tuple(with_own_names(marked)), broken)


def _invitation(files: list[Attachment]) -> str:
    calendar = next((one.content for one in files if one.content_type == "text/calendar"), b"")
    return text_of_calendar(calendar) if calendar else ""


def _plain(block: _Block, *, laid_out: bool) -> str:
    """The plain alternative, unless it is empty beside HTML that is not."""
    plain = "\n".join(block.plain)
    return plain if plain.strip() or not block.rich else text_of_html("\n".join(block.rich), laid_out=laid_out)


def _is_rich(block: _Block) -> bool:
    """Whether its HTML shows anything: an empty document beside plain text is none."""
    html = "\n".join(block.rich)
    if not html.strip():
        return False
    return not any(part.strip() for part in block.plain) or bool(_IMAGE.search(html)) or has_words(html)


def _rich(block: _Block) -> str:
    if _is_rich(block):
        return "\n".join(block.rich)
    lines = (markup.escape(part.strip()).replace("\n", "<br>") for part in block.plain if part.strip())
    return "".join(f"<p>{line}</p>" for line in lines)


def _unpacked(files: list[Attachment]) -> tuple[list[Attachment], _Block | None, bool]:
    """Outlook's winmail.dat opened; one that cannot be opened stays as it is."""
    kept: list[Attachment] = []
    block: _Block | None = None
    broken = False
    for one in files:
        if one.content_type not in _TNEF and one.name.lower() != "winmail.dat":
            kept.append(one)
            continue
        opened = open_tnef(one.content)
        if opened is None:
            kept.append(one)
            broken = True
            continue
        kept += [Attachment(safe_name(name, "file"), kind, content) for name, kind, content in opened.files]
        block = _Block([opened.text] if opened.text else [], [opened.html] if opened.html else [])
    return kept, block, broken


def _is_text(part: Part, *, alone: bool) -> bool:
    other = alone and part.kind.value.startswith("text/") and part.kind.value not in _DATA
    if part.kind.value not in _TEXTS and not other:
        return False
    if alone:
        return part.disposition.value != "attachment" or not name_as_written(part)
    return part.disposition.value != "attachment" and not name_as_written(part)


def _roots(parts: list[Part]) -> dict[int, int]:
    """For each multipart/related the place of the first text in it: the document that the rest belongs to."""
    roots: dict[int, int] = {}
    for part in parts:
        if _is_text(part, alone=False):
            for kind, number, place in zip(part.within, part.siblings, part.places, strict=True):
                if kind == "related":
                    roots.setdefault(number, place)
    return roots


def _is_shown(part: Part, roots: dict[int, int]) -> bool:
    """What belongs to a related document is no text of the mail (RFC 2387)."""
    around = zip(part.within, part.siblings, part.places, strict=True)
    return all(kind != "related" or roots.get(number, place) == place for kind, number, place in around)


def _block_of(part: Part) -> object | None:
    """The innermost alternative around a part; parts of a mixed one inside it are its continuation."""
    for kind, number in zip(reversed(part.within), reversed(part.siblings), strict=True):
        if kind == "alternative":
            return ("alternative", number)
    return None
