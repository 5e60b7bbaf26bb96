"""Moments and durations as people read them: short in the line, whole in the tooltip."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

_WEEK_DAYS = 7
_MINUTES_AN_HOUR = 60
_MINUTES_A_DAY = 1440

#: How a moment is written: ``day`` ("Today 08:14") or ``age`` ("22 min").
As = Literal["day", "age"]


@dataclass(frozen=True, slots=True)
class DayWords:
    """What days and months are called in a language; weeks begin on Monday."""

    today: str
    yesterday: str
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    months: tuple[str, ...]
    short_months: tuple[str, ...]


ENGLISH_DAYS = DayWords(
    today="Today",
    yesterday="Yesterday",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    short_weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    short_months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment a page is made at, the zone its times are written in, and what its days are called."""

    now: datetime
    zone: tzinfo
    words: DayWords = ENGLISH_DAYS


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment to show.

    Attributes:
        words: what the line shows.
        full: what the tooltip and screen readers say.
        iso: for the ``datetime`` attribute; the browser rewrites `words` in its own zone from it.
        written: how `words` was made, so that the browser makes the same.
    """

    words: str
    full: str
    iso: str
    written: As


def moment(at: datetime, clock: Clock) -> Moment:
    """A moment by its day: "Today 08:14", "Yesterday 18:42", "Mon 09:12", "3 Nov 09:12", "3 Nov 2025"."""
    return Moment(day_words(at, clock), full_words(at, clock), at.isoformat(), "day")


def age(since: datetime, clock: Clock) -> Moment:
    """A moment by how long ago it was: "now", "22 min", "3 h", "2 d"."""
    return Moment(short_span(clock.now - since), full_words(since, clock), since.isoformat(), "age")


def short_span(span: timedelta) -> str:
    """A duration in its largest unit; under a minute it is "now"."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < _MINUTES_AN_HOUR:
        return f"{minutes} min"
    if minutes < _MINUTES_A_DAY:
        return f"{minutes // _MINUTES_AN_HOUR} h"
    return f"{minutes // _MINUTES_A_DAY} d"


def seconds_words(span: timedelta) -> str:
    """A duration for what machines did: "0.4 s", "12 s", then as `short_span`."""
    seconds = max(span.total_seconds(), 0.1)
    if seconds < 1:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < _MINUTES_AN_HOUR else short_span(span)


def day_words(at: datetime, clock: Clock) -> str:
    """A moment's day as people say it, with the time where the day is near."""
    local, now = at.astimezone(clock.zone), clock.now.astimezone(clock.zone)
    days = (now.date() - local.date()).days
    time = f"{local:%H:%M}"
    if days == 0:
        return f"{clock.words.today} {time}"
    if days == 1:
        return f"{clock.words.yesterday} {time}"
    if 1 < days < _WEEK_DAYS:
        return f"{clock.words.short_weekdays[local.weekday()]} {time}"
    date = f"{local.day} {clock.words.short_months[local.month - 1]}"
    return f"{date} {time}" if local.year == now.year else f"{date} {local.year}"


def full_words(at: datetime, clock: Clock) -> str:
    """A moment whole, to the second, with its zone."""
    local = at.astimezone(clock.zone)
    weekday, month = clock.words.weekdays[local.weekday()], clock.words.months[local.month - 1]
    return f"{weekday}, {local.day} {month} {local:%Y}, {local:%H:%M:%S %Z}".strip()
