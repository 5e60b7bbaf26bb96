"""Who was told to wait is told again without a count, until the time is over."""

from datetime import UTC, datetime, timedelta

from services.portal_gateway.domain.waits import REMEMBERED, Waits

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_one_who_was_told_waits_just_so_long() -> None:
    """The wait ends when it was said to end, and others never wait."""
    waits = Waits()
    waits.tell("a", 30, NOW)
    assert waits.seconds("a", NOW + timedelta(seconds=10.5)) == 20
    assert waits.seconds("b", NOW) == 0
    assert waits.seconds("a", NOW + timedelta(seconds=30)) == 0


def test_memory_is_bounded() -> None:
    """Of very many the oldest are forgotten, and may try again."""
    waits = Waits()
    for number in range(REMEMBERED + 5):
        waits.tell(f"c{number}", 30, NOW)
    assert waits.seconds("c4", NOW) == 0
    assert waits.seconds("c5", NOW) == 30
