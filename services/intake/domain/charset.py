"""Bytes to text, whatever they claim to be.

Order: what is declared, UTF-8, a byte order mark, a hint from elsewhere in the mail, a guess, Windows-1252 with
replacement. Nothing raises.
"""

import codecs
import re

from services.intake.domain.charset_guess import guess_charset
from services.intake.domain.charset_names import ALIASES, UNKNOWN

_JAPANESE = "iso-2022-jp-ms"
_LATIN = "cp1252"
_SHIFTING = ("utf-7", "utf7", "iso2022", "iso-2022", "hz")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_GUESSED_BYTES = 16_384
_REFUSED = re.compile("[\x00\ud800-\udfff]")
_ESCAPE = re.compile(rb"\x1b(\$[@B]|\([BIJ])")


def decode_text(content: bytes, declared: str | None = None, *, hint: str | None = None) -> str:
    """Text of bytes; NUL and lone surrogates, which databases refuse, are left out.

    Args:
        content: the bytes.
        declared: the charset that the bytes' own header names.
        hint: the charset that something near names; weighs less than UTF-8 that reads.
    """
    if content.isascii() and not _shifts(content, declared or hint):
        text = content.decode("ascii")
        return text.replace("\x00", "") if "\x00" in text else text
    return _REFUSED.sub("", _decoded(content, codec_name(declared), codec_name(hint)))


def codec_name(declared: str | None) -> str | None:
    """The codec that a charset's name means; none for a name that says nothing."""
    name = re.sub(r"[\s\"';]", "", declared or "").lower()
    if name in UNKNOWN:
        return None
    name = ALIASES.get(name, name)
    if name == _JAPANESE:
        return name
    try:
        # Codecs such as base64 or zip are no charsets, and would make bombs of bodies: decode refuses them.
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return None
    return name


def _shifts(content: bytes, declared: str | None) -> bool:
    """ASCII bytes are other letters in UTF-7, ISO-2022 and HZ."""
    if b"\x1b" not in content and b"+" not in content and b"~{" not in content:
        return False
    return b"\x1b$" in content or (codec_name(declared) or "").startswith(_SHIFTING)


def _decoded(content: bytes, declared: str | None, hint: str | None) -> str:
    for mark, marked in _BOMS:
        if content.startswith(mark):
            return content.decode(marked, "replace")
    if content.isascii() and declared is None and b"\x1b$" in content:
        declared = _JAPANESE
    # A mailer's default Latin-1 over what is plainly UTF-8 is a mailer's mistake: no Latin-1 text reads as UTF-8.
    order = ("utf-8", declared, hint) if declared in {None, _LATIN} else (declared, "utf-8", hint)
    for charset in order:
        text = _attempt(content, charset)
        if text is not None:
            return text
    for charset in (declared, "utf-8"):
        if charset is not None and _broken_in_places(content, charset):
            return _with(content, charset, "replace")
    return content.decode(guess_charset(content[:_GUESSED_BYTES]) or _LATIN, "replace")


def _attempt(content: bytes, charset: str | None) -> str | None:
    if charset is None:
        return None
    try:
        return _with(content, charset, "strict")
    except (LookupError, UnicodeError, ValueError):
        return None


def _with(content: bytes, charset: str, errors: str) -> str:
    return _japanese(content, errors) if charset == _JAPANESE else content.decode(charset, errors)


def _japanese(content: bytes, errors: str) -> str:
    """ISO-2022-JP with the signs of NEC and IBM (①, ㈱, 髙) that its mailers put in, which Python's codec refuses."""
    made, mode, position = [], b"(B", 0
    for found in _ESCAPE.finditer(content):
        made.append(_japanese_run(content[position : found.start()], mode, errors))
        mode, position = found[1], found.end()
    made.append(_japanese_run(content[position:], mode, errors))
    return "".join(made)


def _japanese_run(run: bytes, mode: bytes, errors: str) -> str:
    if mode == b"(I":
        return bytes(byte | 0x80 for byte in run).decode("cp932", errors)
    if mode in {b"(B", b"(J"}:
        return run.decode("cp932", errors)
    made = bytearray()
    lines = re.split(rb"([\r\n]+)", run)
    for line in lines:
        made += line if line[:1] in b"\r\n" else _shifted(line)
    return bytes(made).decode("cp932", errors)


def _shifted(pairs: bytes) -> bytes:
    """JIS X 0208 as Shift JIS, pair by pair."""
    made = bytearray()
    for first, second in zip(pairs[::2], pairs[1::2], strict=False):
        lead = (first + 1) // 2 + (0x70 if first < 0x5F else 0xB0)
        trail = second + (0x1F if second < 0x60 else 0x20) if first % 2 else second + 0x7E
        made += bytes((lead & 0xFF, trail & 0xFF))
    return bytes(made)


def _broken_in_places(content: bytes, charset: str) -> bool:
    """Whether a charset reads all but a little of it: a mail cut off, or one bad byte."""
    text = _with(content, charset, "replace")
    broken = text.count("\ufffd")
    return broken * 20 <= len(text) and broken * 4 <= sum(letter > "\x7f" for letter in text)
