"""Moments and durations in the words that people use."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.portal_gateway.domain.view_models.times import Clock, age, moment, seconds_words, short_span

LISBON = ZoneInfo("Europe/Lisbon")
NOW = datetime(2026, 11, 23, 12, 14, tzinfo=LISBON)
CLOCK = Clock(NOW, LISBON)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "now"), (59, "now"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (86_399, "23 h"), (86_400, "1 d")],
)
def test_span_is_said_in_its_largest_unit(seconds: int, words: str) -> None:
    """P66: a duration is short, and never rounded up."""
    assert short_span(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 11, 23, 8, 14, tzinfo=LISBON), "Today 08:14"),
        (datetime(2026, 11, 22, 23, 59, tzinfo=LISBON), "Yesterday 23:59"),
        (datetime(2026, 11, 20, 9, 0, tzinfo=LISBON), "Fri 09:00"),
        (datetime(2026, 11, 3, 9, 0, tzinfo=LISBON), "3 Nov 09:00"),
        (datetime(2025, 11, 3, 9, 0, tzinfo=LISBON), "3 Nov 2025"),
    ],
)
def test_moment_is_said_by_its_day(at: datetime, words: str) -> None:
    """A moment near in time shows its hour, one long ago its year."""
    assert moment(at, CLOCK).words == words


def test_day_is_the_readers_own() -> None:
    """A moment of yesterday in UTC may be today where the reader is."""
    tokyo = Clock(datetime(2026, 11, 23, 1, 0, tzinfo=ZoneInfo("Asia/Tokyo")), ZoneInfo("Asia/Tokyo"))
    assert moment(datetime(2026, 11, 22, 15, 30, tzinfo=ZoneInfo("UTC")), tokyo).words == "Today 00:30"


def test_age_keeps_the_moment_beside_it() -> None:
    """The browser counts on from the moment itself, and the tooltip has it whole."""
    since = NOW - timedelta(minutes=22)
    shown = age(since, CLOCK)
    assert (shown.words, shown.iso, shown.written) == ("22 min", since.isoformat(), "age")
    assert "11:52:00" in shown.full


def test_what_a_machine_did_is_said_in_seconds() -> None:
    """P49: "0.4 s" tells more of a rule than "now"."""
    assert seconds_words(timedelta(milliseconds=400)) == "0.4 s"
    assert seconds_words(timedelta(seconds=2)) == "2 s"
