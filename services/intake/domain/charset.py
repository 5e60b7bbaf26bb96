"""Bytes to text, whatever they claim to be.

Order: what is declared, UTF-8, a byte order mark, a guess, Windows-1252 with replacement. Nothing raises.
"""

import codecs
import re

from charset_normalizer import from_bytes

#: What mailers call their charsets, and what Python calls the one they mean. The Windows ones hold the ISO ones and
#: the quotation marks that mailers put into them all the same.
_ALIASES = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "8859-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "ansi": "cp1252",
    "windows": "cp1252",
    "cp-850": "cp850",
    "ibm-850": "cp850",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "x-euc-cn": "gb18030",
    "chinesebig5": "cp950",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
}
#: Names that say nothing.
_UNKNOWN = {"", "x-unknown", "unknown", "unknown-8bit", "x-user-defined", "default", "binary", "8bit", "7bit", "none"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_GUESSED_BYTES = 16_384
_REFUSED = re.compile("[\x00\ud800-\udfff]")


def decode_text(content: bytes, declared: str | None = None) -> str:
    """Text of bytes; NUL and lone surrogates, which databases refuse, are left out."""
    if content.isascii() and not _shifts(content, declared):
        text = content.decode("ascii")
        return text.replace("\x00", "") if "\x00" in text else text
    return _REFUSED.sub("", _decoded(content, declared))


def _shifts(content: bytes, declared: str | None) -> bool:
    """ASCII bytes are other letters in UTF-7, ISO-2022 and HZ."""
    if b"\x1b" not in content and b"+" not in content and b"~{" not in content:
        return False
    return (codec_name(declared) or "").startswith(("utf-7", "utf7", "iso2022", "iso-2022", "hz"))


def _decoded(content: bytes, declared: str | None) -> str:
    for mark, marked in _BOMS:
        if content.startswith(mark):
            return content.decode(marked, "replace")
    named = codec_name(declared)
    # A mailer's default Latin-1 over what is plainly UTF-8 is a mailer's mistake: no Latin-1 text reads as UTF-8.
    order = ("utf-8", named) if named in {None, "cp1252"} else (named, "utf-8")
    for charset in order:
        text = _attempt(content, charset)
        if text is not None:
            return text
    if named is not None and _broken_in_places(content, named):
        return content.decode(named, "replace")
    return content.decode(_guessed(content) or "cp1252", "replace")


def _attempt(content: bytes, charset: str | None) -> str | None:
    if charset is None:
        return None
    try:
        return content.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        return None


def codec_name(declared: str | None) -> str | None:
    """The codec that a charset's name means; none for a name that says nothing."""
    name = re.sub(r"[\s\"';]", "", declared or "").lower()
    if name in _UNKNOWN:
        return None
    name = _ALIASES.get(name, name)
    try:
        # Codecs such as base64 or zip are no charsets, and would make bombs of bodies: decode refuses them.
        b"".decode(name)
    except (LookupError, ValueError):
        return None
    return name


def _broken_in_places(content: bytes, charset: str) -> bool:
    """Whether the declared charset reads all but a little of it: a mail cut off, or one bad byte."""
    text = content.decode(charset, "replace")
    return text.count("\ufffd") * 20 <= len(text)


def _guessed(content: bytes) -> str | None:
    best = from_bytes(content[:_GUESSED_BYTES]).best()
    return None if best is None else best.encoding
