"""What a mail's leaves are: its text, its HTML, its attachments.

A mail is a row of blocks. The alternatives of one multipart are one block (its plain text and its HTML say the same);
each text part beside them is a block of its own, in order. Nothing is lost: what is no text is an attachment.
"""

import html as markup
import re
from dataclasses import dataclass, field, replace

from services.intake.domain.attachments import attachment, name_as_written, safe_name, with_own_names
from services.intake.domain.charset import decode_text
from services.intake.domain.html_text import text_of_html
from services.intake.domain.mime import Part
from services.intake.domain.parsed_mail import Part as Attachment
from services.intake.domain.tnef import open_tnef
from services.intake.domain.transfer import decode_transfer, take_uuencoded

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_LINE_BREAKS = re.compile(r"\r\n?")
_CID = re.compile(r"(?i)cid:([^\"'\s>)]{1,200})")
#: Transfer encodings under which files may stand uuencoded in the text.
_UU_ALLOWED = {"", "7bit", "8bit", "binary", "x-uuencode", "uuencode", "x-uue"}
_FLOWED_LIMIT = 200_000


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
    alone = len(parts) == 1
    for index, part in enumerate(parts):
        if not _is_text(part, alone=alone):
            files.append(attachment(part))
            continue
        block = blocks.setdefault(_block_of(part) or index, _Block())
        text, uuencoded = _text(part)
        if part.kind.value == "text/html":
            block.rich.append(text)
        elif text.strip() or not uuencoded:
            block.plain.append(text)
        files += [Attachment(safe_name(n, "file"), "application/octet-stream", c) for n, c in uuencoded]
    return _assembled(list(blocks.values()), files)


def _assembled(blocks: list[_Block], files: list[Attachment]) -> Body:
    files, extra, broken = _unpacked(files)
    if extra is not None and not any(part.strip() for block in blocks for part in (*block.plain, *block.rich)):
        blocks = [extra]
    rich = any(block.rich for block in blocks)
    shown = "\n".join(_rich(block) for block in blocks) if rich else ""
    texts = [_plain(block) for block in blocks]
    referenced = {found.lower() for found in _CID.findall(shown)}
    marked = [replace(f, inline=(f.content_id or "").lower() in referenced) if f.content_id else f for f in files]
    text = "\n\n".join(text for text in texts if text.strip())
    return Body(text.strip("\n").rstrip(), shown, tuple(with_own_names(marked)), broken)


def _plain(block: _Block) -> str:
    """The plain alternative, unless it is empty beside HTML that is not."""
    plain = "\n".join(block.plain)
    return plain if plain.strip() or not block.rich else text_of_html("\n".join(block.rich))


def _rich(block: _Block) -> str:
    if any(part.strip() for part in block.rich):
        return "\n".join(block.rich)
    return "".join(
        f"<p>{markup.escape(part.strip()).replace(chr(10), '<br>')}</p>" for part in block.plain if part.strip()
    )


def _unpacked(files: list[Attachment]) -> tuple[list[Attachment], _Block | None, bool]:
    """Outlook's winmail.dat opened; one that cannot be opened stays as it is."""
    kept: list[Attachment] = []
    block: _Block | None = None
    broken = False
    for one in files:
        if one.content_type not in {"application/ms-tnef", "application/vnd.ms-tnef"} and one.name != "winmail.dat":
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
    if part.kind.value not in {"text/plain", "text/html", "text/enriched", "text/markdown", "text"}:
        return False
    if alone:
        return part.disposition.value != "attachment" or not name_as_written(part)
    return part.disposition.value != "attachment" and not name_as_written(part)


def _block_of(part: Part) -> object | None:
    """The innermost alternative around a part; parts of a mixed one inside it are its continuation."""
    for kind, number in zip(reversed(part.within), reversed(part.siblings), strict=True):
        if kind == "alternative":
            return ("alternative", number)
    return None


def _text(part: Part) -> tuple[str, list[tuple[str, bytes]]]:
    """A text part's words, and files that stand uuencoded in it."""
    encoding = part.headers.plain("content-transfer-encoding")
    uuencoded: list[tuple[str, bytes]] = []
    content = part.content
    if encoding in _UU_ALLOWED:
        content, uuencoded = take_uuencoded(content)
    else:
        content = decode_transfer(content, encoding)
    declared = part.kind.get("charset")
    if part.kind.value == "text/html" and not declared:
        found = _META_CHARSET.search(content[:4096])
        declared = found[1].decode("ascii") if found else ""
    text = _LINE_BREAKS.sub("\n", decode_text(content, declared))
    if part.kind.get("format").lower() == "flowed" and len(text) <= _FLOWED_LIMIT:
        text = _unflowed(text, delsp=part.kind.get("delsp").lower() == "yes")
    return text, uuencoded


def _unflowed(text: str, *, delsp: bool) -> str:
    """Flowed paragraphs as one line each (RFC 3676 §4); quoted lines stay as they are, their depth is what counts."""
    lines: list[str] = []
    open_line = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        plain = line.removeprefix(" ")
        if open_line and not quoted and line != "-- ":
            lines[-1] += plain
        else:
            lines.append(line if quoted else plain)
        open_line = plain.endswith(" ") and not quoted and plain != "-- "
        if open_line and delsp:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)
