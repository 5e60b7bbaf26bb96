"""Bytes to text, whatever they claim to be.

Order: the declared charset, UTF-8, a byte order mark, a guess, Windows-1252 with replacement. Nothing raises.
"""

from charset_normalizer import from_bytes

_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "iso-2022-jp-ms": "iso2022_jp",
    "unicode-1-1-utf-7": "utf-7",
    "x-unknown": "utf-8",
    "unknown-8bit": "utf-8",
    "default": "utf-8",
    "x-gbk": "gbk",
    "gb2312": "gb18030",
    "iso-8859-8-i": "iso-8859-8",
    "us-ascii": "ascii",
    "iso-8859-1": "cp1252",
}
_GUESSED_BYTES = 32_768


def decode_text(content: bytes, declared: str | None) -> str:
    """Text of bytes; NUL and other marks that databases refuse are left out."""
    return _decode(content, declared).replace("\x00", "")


def _decode(content: bytes, declared: str | None) -> str:
    for charset in filter(None, (_ALIASES.get((declared or "").lower(), declared), "utf-8")):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeError):
            continue
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    guess = from_bytes(content[:_GUESSED_BYTES]).best()
    if guess is not None:
        return content.decode(guess.encoding, "replace")
    return content.decode("cp1252", "replace")
