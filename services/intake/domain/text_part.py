"""The words of one text part, and the files that stand uuencoded in it."""

import re

from services.intake.domain.charset import codec_name, decode_text
from services.intake.domain.mime import Part
from services.intake.domain.transfer import decode_transfer, take_uuencoded

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_LINE_BREAKS = re.compile(r"\r\n?|\u2028|\u2029")
#: Transfer encodings under which files may stand uuencoded in the text.
_UU_ALLOWED = {"", "7bit", "8bit", "binary", "x-uuencode", "uuencode", "x-uue"}
#: RFC 1896 §3: commands in angle brackets, what they take, and a bracket that means itself.
_ENRICHED = {"text/enriched", "text/richtext"}
_COMMAND = re.compile(r"<<|<param>[^<]{0,200}</param>|</?[A-Za-z0-9-]{1,60}>", re.IGNORECASE)
#: Longer text is read as it stands.
_FLOWED_LIMIT = 200_000
_UU_SHOWN = 65_536


def read_text(part: Part, *, unpack: bool = True) -> tuple[str, list[tuple[str, bytes]]]:
    """Text with lines that end in LF, and uuencoded files by name.

    Where nothing but such files stands in it, the text stays as it was written: a mail with text shows text. Where
    `unpack` is false, all of it does.
    """
    encoding = part.headers.plain("content-transfer-encoding")
    if not unpack or encoding not in _UU_ALLOWED:
        return _words(part, decode_transfer(part.content, encoding)), []
    rest, files = take_uuencoded(part.content)
    if files and not rest.strip():
        return _words(part, part.content[:_UU_SHOWN]), files
    return _words(part, rest), files


def _words(part: Part, content: bytes) -> str:
    declared = part.kind.get("charset")
    hint = part.charset
    if part.kind.value == "text/html":
        found = _META_CHARSET.search(content[:4096])
        hint = found[1].decode("ascii") if found else hint
    # Latin-1 is what mailers declare who do not know: a name from elsewhere weighs more.
    if codec_name(declared) == "cp1252" and codec_name(hint) not in {None, "cp1252"} and part.kind.value == "text/html":
        declared = ""
    text = _LINE_BREAKS.sub("\n", decode_text(content, declared, hint=hint))
    if part.kind.value in _ENRICHED:
        text = _without_commands(text)
    if part.kind.get("format").lower() == "flowed" and len(text) <= _FLOWED_LIMIT:
        text = _unflowed(text, delsp=part.kind.get("delsp").lower() == "yes")
    return text


def _without_commands(text: str) -> str:
    return _COMMAND.sub(lambda found: "<" if found[0] == "<<" else "", text)


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
