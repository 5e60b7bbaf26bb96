"""A mail's header block as fields, and their values as text: RFC 2047 words, raw 8-bit, folded lines.

Invariant: linear in the size of the block; nothing raises, nothing a header says is lost.
"""

import binascii
import quopri
import re
from dataclasses import dataclass, field

from services.intake.domain.charset import decode_text

_FIELD = re.compile(rb"^([!-9;-~]{1,128})[ \t]*:(.*)$", re.DOTALL)
#: Neither its end nor the beginning of the next stands in one, so that each letter is looked at once.
_WORD = re.compile(
    r"=\?([A-Za-z0-9_.:+-]{0,40})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?((?:[^=?]|=(?!\?[^=])|\?(?!=)){0,8000}+)\?="
)
_WORD_CHARSET = re.compile(rb"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]*)?\?[bBqQ]\?")
_CHARSET = re.compile(rb"(?i)[;\s]charset\s*=\s*[\"']?([A-Za-z0-9_.:+-]{1,40})")
#: Between two encoded words white space is none (RFC 2047 §6.2).
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?[A-Za-z0-9_.:+*-]{0,60}\?[bBqQ]\?)")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_BREAKS = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]+")
#: Longer values are cut: no reader of one needs more, and no one can make us read it.
MAX_VALUE_BYTES = 65_536
_KNOWN = re.compile(
    rb"(?im)^(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|return-path|reply-to"
    rb"|x-[\w-]+)[ \t]*:"
)


@dataclass(slots=True)
class Headers:
    """The fields of one header block, in order; names in lower case."""

    fields: list[tuple[str, bytes]] = field(default_factory=list)

    def raw(self, name: str) -> bytes | None:
        """The first value, unfolded, as octets."""
        return next((value for known, value in self.fields if known == name), None)

    def raw_all(self, name: str) -> list[bytes]:
        return [value for known, value in self.fields if known == name]

    def text(self, name: str, charset: str | None = None) -> str:
        """The first value as readable text, "" where there is none; `charset` is what raw 8-bit is likely in."""
        value = self.raw(name)
        return "" if value is None else readable(value, charset)

    def plain(self, name: str) -> str:
        """The first value without decoding, for tokens: lower case, stripped."""
        return (self.raw(name) or b"").decode("latin-1").strip().lower()

    def has(self, *names: str) -> bool:
        return any(known in names for known, _ in self.fields)


def split_block(raw: bytes) -> tuple[Headers, bytes]:
    """Header fields and body of a mail or part.

    A line that is no field ends the headers, unless more of them follow before the empty line: then a mailer folded
    badly, and the line belongs to the field before it.
    """
    headers = Headers()
    position, size = 0, len(raw)
    pending: list[bytes] = []
    name = ""

    def flush() -> None:
        if name:
            headers.fields.append((name, b" ".join(pending).strip()))

    while position < size:
        end = raw.find(b"\n", position)
        end = size if end < 0 else end
        line = raw[position:end].rstrip(b"\r")
        if not line.strip(b" \t\x00"):
            flush()
            return headers, raw[end + 1 :]
        found = None if line[:1] in b" \t" else _FIELD.match(line)
        if found is not None:
            flush()
            name, pending = found[1].decode("ascii").lower(), [found[2].strip()]
        elif position == 0 and line.startswith((b"From ", b">From ")):
            pass
        elif (name and line[:1] in b" \t") or _goes_on(raw, end):
            pending.append(line.strip())
        else:
            flush()
            return headers, raw[position:]
        position = end + 1
    flush()
    return headers, b""


def _goes_on(raw: bytes, position: int) -> bool:
    """Whether known fields follow before the next empty line."""
    window = raw[position : position + 4096].replace(b"\r\n", b"\n")
    return _KNOWN.search(window.partition(b"\n\n")[0]) is not None


def charset_hint(headers: Headers) -> str | None:
    """What raw 8-bit in a mail is likely written in: the charset that its type names, else its encoded words."""
    named = _CHARSET.search(headers.raw("content-type") or b"")
    if named is None:
        named = next((found for _, value in headers.fields if (found := _WORD_CHARSET.search(value))), None)
    return None if named is None else named[1].decode("ascii")


def readable(value: bytes, charset: str | None = None) -> str:
    """A header's value as one line of text."""
    text = decode_text(value[:MAX_VALUE_BYTES], hint=charset)
    if "=?" in text:
        text = decode_words(text)
    return _BREAKS.sub(" ", text).strip()


def decode_words(text: str) -> str:
    """Encoded words made readable; neighbours of one charset are joined first, since mailers cut letters in two."""
    text = _BETWEEN.sub(r"\1", text)
    made: list[str] = []
    open_charset, open_bytes = "", b""
    position = 0
    for found in _WORD.finditer(text):
        content = _word_bytes(found[2], found[3])
        if open_bytes and (found.start() != position or found[1].lower() != open_charset):
            made.append(decode_text(open_bytes, open_charset))
            open_bytes = b""
        if found.start() != position:
            made.append(text[position : found.start()])
        open_charset, open_bytes = found[1].lower(), open_bytes + content
        position = found.end()
    if open_bytes:
        made.append(decode_text(open_bytes, open_charset))
    made.append(text[position:])
    return "".join(made)


def _word_bytes(encoding: str, content: str) -> bytes:
    if encoding in "qQ":
        return quopri.decodestring(content.replace("_", " ").encode("utf-8", "replace"), header=True)
    letters = _NOT_BASE64.sub("", content)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        return content.encode("utf-8", "replace")
