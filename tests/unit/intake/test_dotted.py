"""A mail up to its final dot, in whatever pieces it comes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.dotted import DottedMail

LARGE = 10_000
#: Lines, dots and bare ends of lines, close together.
octets = st.lists(st.sampled_from([b"\r\n", b".", b"\n", b"\r", b"x", b"..", b"MAIL"])).map(b"".join)


def fed(pieces: list[bytes], most_bytes: int = LARGE) -> tuple[DottedMail, tuple[bytes, bytes] | None]:
    """The mail after these pieces; what comes behind the end is not part of the question."""
    mail = DottedMail(most_bytes)
    for number, piece in enumerate(pieces):
        whole = mail.take(piece)
        if whole is not None:
            content, rest = whole
            return mail, (content, rest + b"".join(pieces[number + 1 :]))
    return mail, None


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({0, len(raw), *(place % (len(raw) + 1) for place in places)})
    return [raw[a:b] for a, b in pairwise(ends)]


def by_lines(raw: bytes) -> tuple[bytes, bytes] | None:
    """As RFC 5321 §4.5.2 says it, line by line: one of a dot alone is the end, of any other the first dot is taken."""
    lines: list[bytes] = []
    while True:
        line, ended, raw = raw.partition(b"\r\n")
        if not ended:
            return None
        if line == b".":
            return b"".join(lines), raw
        lines.append(line.removeprefix(b".") + b"\r\n")


@given(content=octets, behind=octets, places=st.lists(st.integers(min_value=0)))
def test_mail_is_what_its_lines_say_however_it_is_cut(content: bytes, behind: bytes, places: list[int]) -> None:
    """The same mail, and the same commands behind it, as a reader of lines finds."""
    raw = content + b"\r\n.\r\n" + behind
    assert fed(cut(raw, places))[1] == by_lines(raw)


@pytest.mark.parametrize("raw", [b"", b".", b".\r", b"x\r\n.", b"x\n.\n", b"x\r\n.\n", b"x\n.\r\n", b"\r.\r\n"])
def test_nothing_else_ends_a_mail(raw: bytes) -> None:
    """RFC 5321 §4.1.1.4: no bare line feed stands for an end of line around the dot."""
    assert fed([raw])[1] is None
    assert fed([bytes([octet]) for octet in raw])[1] is None


@given(places=st.lists(st.integers(min_value=0)), size=st.integers(min_value=0, max_value=200))
def test_too_large_is_told_and_its_end_found(places: list[int], size: int) -> None:
    """Nothing of it is kept, and the next command stands behind it."""
    raw = b"x" * size + b"\r\n.\r\nRSET\r\n"
    mail, whole = fed(cut(raw, places), most_bytes=100)
    assert whole == ((b"x" * size + b"\r\n", b"RSET\r\n") if size + 2 <= 100 else (b"", b"RSET\r\n"))
    assert mail.is_too_large == (size + 2 > 100)


def test_little_is_held_of_what_is_too_large() -> None:
    """A sender that never ends costs no more than a mail may have."""
    mail = DottedMail(100)
    for _ in range(50):
        assert mail.take(b"x" * 100) is None
    assert len(mail._pieces) < 10  # noqa: SLF001 - what it holds is the question
