"""A mail cut into its parts, as octets: nothing is decoded, nothing is copied twice, nothing recurses without bound.

An outer boundary ends every part inside it (RFC 2046 §5.1.2), whatever the inner ones say; a boundary that never
comes leaves one part; a nested message is one part, whole, and is not opened here.

Invariant: at most `MAX_PARTS` parts and `MAX_DEPTH` levels; more raises `LimitError`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.intake.domain.headers import Headers, split_block
from services.intake.domain.parameters import Parametric, read_parameters

MAX_PARTS = 200
MAX_DEPTH = 20
_BOUNDARY_LIKE = re.compile(rb"(?m)^--([^\s-][^\r\n]{0,120}?)[ \t]*\r?$")


class LimitError(Exception):
    """A mail has more than the bounds allow. Catchers show it without its parts, with a notice."""


@dataclass(slots=True)
class Part:
    """One leaf of a mail.

    Attributes:
        kind: Content-Type and its parameters; ``text/plain`` where there is none (RFC 2045 §5.2).
        within: subtypes of the multiparts around it, outermost first.
        siblings: which multiparts it stands in, by number; parts of one multipart share it.
        places: its place, or that of the part around it, in each of these multiparts.
        charset: what raw 8-bit is likely written in, by what the rest of the mail says.
    """

    headers: Headers
    kind: Parametric
    content: bytes
    within: tuple[str, ...] = ()
    siblings: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    charset: str | None = None
    disposition: Parametric = field(default_factory=lambda: Parametric("", {}))


@dataclass(frozen=True, slots=True)
class _Around:
    """The multiparts around a part: subtypes, numbers, places in them."""

    within: tuple[str, ...] = ()
    siblings: tuple[int, ...] = ()
    places: tuple[int, ...] = ()


class _Counter:
    def __init__(self) -> None:
        self.parts = 0

    def next(self) -> int:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise LimitError(f"it has more than {MAX_PARTS} parts")
        return self.parts


def leaves(headers: Headers, body: bytes, charset: str | None = None) -> list[Part]:
    """The parts that hold content, in order.

    Args:
        headers: of the mail.
        body: of the mail.
        charset: what raw 8-bit is likely written in.

    Raises:
        LimitError: too many, or nested too deeply.
    """
    return list(_leaves(headers, body, _Around(), charset, _Counter()))


def _leaves(headers: Headers, body: bytes, around: _Around, charset: str | None, counter: _Counter) -> Iterator[Part]:
    number = counter.next()
    if len(around.within) > MAX_DEPTH:
        raise LimitError(f"its parts are nested more than {MAX_DEPTH} deep")
    kind = read_parameters(headers.raw("content-type"), charset)
    if "/" not in kind.value:
        digest = around.within[-1:] == ("digest",)
        kind = Parametric("message/rfc822" if digest else "text/plain", kind.parameters)
    if kind.value.startswith("multipart/"):
        pieces = _split(body, kind.get("boundary"))
        for place, piece in enumerate(pieces):
            inside = _Around(
                (*around.within, kind.value.partition("/")[2]), (*around.siblings, number), (*around.places, place)
            )
            yield from _leaves(*split_block(piece), inside, charset, counter)
        if pieces:
            return
        kind = Parametric("text/plain", kind.parameters)
    disposition = read_parameters(headers.raw("content-disposition"), charset)
    yield Part(headers, kind, body, around.within, around.siblings, around.places, charset, disposition)


def _split(body: bytes, boundary: str) -> list[bytes]:
    """What stands between the boundary's lines; empty where there is no such line."""
    marks = _marks(body, b"--" + boundary.encode("utf-8", "replace")) if boundary else []
    if not marks:
        guessed = _BOUNDARY_LIKE.search(body[:65_536])
        if guessed is None or body.count(b"\n--" + guessed[1]) + body.startswith(b"--" + guessed[1]) < 2:
            return []
        marks = _marks(body, b"--" + guessed[1])
    pieces: list[bytes] = []
    for index, (_, begin, closing) in enumerate(marks):
        if closing:
            break
        end = marks[index + 1][0] if index + 1 < len(marks) else len(body)
        if end > begin or index + 1 < len(marks):
            pieces.append(_without_last_break(body[begin:end]))
        if len(pieces) > MAX_PARTS:
            raise LimitError(f"it has more than {MAX_PARTS} parts")
    return pieces


def _marks(body: bytes, delimiter: bytes) -> list[tuple[int, int, bool]]:
    """Where a boundary's lines begin, where what follows begins, and whether it is the closing one."""
    found: list[tuple[int, int, bool]] = []
    position = body.find(delimiter)
    while position >= 0 and len(found) <= MAX_PARTS + 1:
        end = body.find(b"\n", position)
        end = len(body) if end < 0 else end
        rest = body[position + len(delimiter) : min(end, position + len(delimiter) + 256)].strip()
        if (position == 0 or body[position - 1 : position] == b"\n") and rest in {b"", b"--"}:
            found.append((position, min(end + 1, len(body)), rest == b"--"))
            if rest == b"--":
                break
        position = body.find(delimiter, end)
    return found


def _without_last_break(piece: bytes) -> bytes:
    """The line break before a boundary belongs to the boundary (RFC 2046 §5.1.1)."""
    if piece.endswith(b"\r\n"):
        return piece[:-2]
    return piece.removesuffix(b"\n")
