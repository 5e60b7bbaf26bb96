"""Cursors are read by the list that gave them, and by no other."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal_gateway.domain import cursors
from services.portal_gateway.domain.listing import Cursor, CursorError

AT = datetime(2026, 11, 24, 9, 12, 0, 123456, tzinfo=UTC)


def test_a_list_reads_its_own_cursor() -> None:
    """What a page gives, the next request of the same list takes."""
    assert cursors.number_of("history", cursors.encode("history", 42)) == 42
    place = cursors.encode("messages", *cursors.after_moment(AT, UUID(int=5)))
    assert cursors.moment_of("messages", place) == (AT, UUID(int=5))
    assert cursors.words_of("people", cursors.encode("people", "a@b"), 1) == ("a@b",)
    assert cursors.moment_of("messages", None) is None


@pytest.mark.parametrize(
    "foreign",
    [
        cursors.encode("deliveries", *cursors.after_moment(AT, UUID(int=5))),
        cursors.encode("messages", AT.replace(tzinfo=None).isoformat(), str(UUID(int=5))),
        cursors.encode("messages", AT.isoformat(), "5"),
        cursors.encode("messages", 5, 5),
        cursors.encode("messages", AT.isoformat()),
        "",
        "no base64 ☃",
        "bnVsbA",
    ],
)
def test_a_foreign_cursor_is_refused(foreign: str) -> None:
    """It is no crash and no first page."""
    with pytest.raises(CursorError):
        cursors.moment_of("messages", foreign)


@pytest.mark.parametrize("number", [-1, 2**62, True])
def test_numbers_are_numbers_of_rows(number: int) -> None:
    """What no row could have is refused before it reaches the database."""
    with pytest.raises(CursorError):
        cursors.number_of("history", cursors.encode("history", number))


@given(st.text(max_size=80))
def test_no_text_crashes_a_reader(text: str) -> None:
    """Whatever a client sends as a cursor is read or refused."""
    for read in (
        lambda: cursors.moment_of("messages", text),
        lambda: cursors.number_of("history", text),
        lambda: cursors.words_of("people", text, 1),
        lambda: Cursor.decode(text),
    ):
        try:
            read()
        except CursorError:
            continue


def test_a_page_ends_where_nothing_follows() -> None:
    """One more than asked for is looked at, not shown; it makes the cursor."""
    shown, following = cursors.page([1, 2, 3], 2, "n", lambda row: (row,))
    assert shown == [1, 2]
    assert cursors.number_of("n", following) == 2
    assert cursors.page([1, 2], 2, "n", lambda row: (row,)) == ([1, 2], None)
    assert cursors.page([], 2, "n", lambda row: (row,)) == ([], None)
