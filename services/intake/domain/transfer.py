"""Content-Transfer-Encodings undone, whatever is wrong with them.

Under 7bit and 8bit a CRLF is the end of a line on the wire, not content (RFC 2045 §2.7, §2.8): lines end in LF here, by
whatever door a mail came.

Invariant: the output is never longer than the input; nothing raises; what cannot be decoded is given back as it is.
"""

import binascii
import quopri
import re

_UU_BEGIN = re.compile(rb"(?m)^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_UU_END = re.compile(rb"(?m)^end[ \t]*\r?$")
MAX_UU_FILES = 50
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")
#: By their letters alone: mailers write ``quoted/printable`` and ``base-64`` too.
_ENCODINGS = {"base64": "base64", "quotedprintable": "qp", "xuuencode": "uu", "uuencode": "uu", "xuue": "uu"}
_NO_LETTER = re.compile(r"[^a-z0-9]+")
#: Base64 has no spaces inside its lines, but perhaps where a mailer joined two.
_INNER_SPACE = re.compile(rb"\S +(?=\S)")
_FEW_SPACES, _LETTERS_A_SPACE = 3, 16


def decode_transfer(content: bytes, encoding: str) -> bytes:
    """The octets that an encoded part stands for."""
    name = _ENCODINGS.get(_NO_LETTER.sub("", encoding.partition(";")[0].lower()), "")
    if name == "base64":
        return content if _is_words(content) else _base64(content)
    if name == "qp":
        return quopri.decodestring(content)
    if name == "uu":
        _, files = take_uuencoded(content)
        if files:
            return files[0][1]
        # Some mailers leave out the lines around it.
        lines = content.splitlines()
        return _uu_lines(lines) or content
    return content if "binary" in encoding else content.replace(b"\r\n", b"\n")


def _is_words(content: bytes) -> bool:
    """Words in spite of the encoding that they are said to be in."""
    spaces = len(_INNER_SPACE.findall(content))
    return spaces >= _FEW_SPACES and spaces * _LETTERS_A_SPACE > len(content)


def _base64(content: bytes) -> bytes:
    """Each padded run is its own: some mailers encode line by line, each with its own padding."""
    try:
        return binascii.a2b_base64(content.translate(None, b"\r\n\t "), strict_mode=True)
    except binascii.Error:
        pass
    letters = _NOT_BASE64.sub(b"", content)
    made: list[bytes] = []
    for run in re.findall(rb"[^=]+=*", letters):
        bare = run.rstrip(b"=")
        if len(bare) % 4 == 1:
            bare = bare[:-1]
        made.append(binascii.a2b_base64(bare + b"=" * (-len(bare) % 4)))
    return b"".join(made)


def take_uuencoded(content: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The text beside uuencoded files, and the files with their names."""
    files: list[tuple[str, bytes]] = []
    rest: list[bytes] = []
    position = tried = 0
    while (found := _UU_BEGIN.search(content, position)) is not None and tried < MAX_UU_FILES:
        tried += 1
        end = _UU_END.search(content, found.end())
        lines = content[found.end() : end.start() if end else len(content)].splitlines()
        decoded = _uu_lines(lines)
        if decoded is None:
            rest.append(content[position : found.end()])
            position = found.end()
            continue
        rest.append(content[position : found.start()])
        files.append((found[1].decode("utf-8", "replace").strip(), decoded))
        position = end.end() if end else len(content)
    rest.append(content[position:])
    return b"".join(rest), files


def _uu_lines(lines: list[bytes]) -> bytes | None:
    made: list[bytes] = []
    for line in lines:
        if not line.strip():
            continue
        try:
            made.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Trailing garbage of broken encoders: only as many letters as the length says.
            count = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                made.append(binascii.a2b_uu(line[:count]))
            except binascii.Error:
                return None
    return b"".join(made)
