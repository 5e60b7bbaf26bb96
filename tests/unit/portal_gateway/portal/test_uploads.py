"""Names and kinds of files that customers send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal_gateway.domain.uploads import ANY_KIND, NAME_BYTES, SHOWN, kind_of, safe_names


@pytest.mark.parametrize(
    ("names", "safe"),
    [
        (["C:\\Users\\ana\\tank.jpg"], ["tank.jpg"]),
        (["../../etc/passwd"], ["passwd"]),
        (["photo\u202egpj.exe"], ["photogpj.exe"]),
        (["a\r\nSet-Cookie: x.txt"], ["aSet-Cookie: x.txt"]),
        (["", "..", " . "], ["file", "file (2)", "file (3)"]),
        (["tank.jpg", "tank.jpg", "tank (2).jpg"], ["tank.jpg", "tank (2).jpg", "tank (2) (2).jpg"]),
        (["é" * 200 + ".jpeg"], ["é" * 125 + ".jpeg"]),
    ],
)
def test_names_are_safe_and_told_apart(names: list[str], safe: list[str]) -> None:
    """P1: a file keeps its name and ending, and no name leads anywhere."""
    assert safe_names(names) == safe


@given(st.lists(st.text(max_size=300), max_size=10))
def test_every_name_fits(names: list[str]) -> None:
    """Whatever a browser says, each file has a name of its own that fits."""
    safe = safe_names(names)
    assert len(set(safe)) == len(names)
    for name in safe:
        assert 0 < len(name.encode()) <= NAME_BYTES
        assert "/" not in name
        assert name.isprintable() or not name.isascii()


def test_only_pictures_are_shown_by_themselves() -> None:
    """What could run in a browser is handed over as a file."""
    assert kind_of("Image/PNG; charset=x") in SHOWN
    assert not {"text/html", "image/svg+xml", "application/pdf", "text/plain"} & SHOWN
    assert kind_of("text/html\r\nX: y") == ANY_KIND
    assert kind_of("") == ANY_KIND
