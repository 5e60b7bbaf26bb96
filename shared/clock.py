"""The time, as a value that is handed in: deciding code never asks for it itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: Gives the present moment, aware and in UTC.
Clock = Callable[[], datetime]


def system_clock(offset_seconds: int = 0) -> Clock:
    """The machine's clock, moved by an offset (tests of expiry move a whole process)."""
    offset = timedelta(seconds=offset_seconds)

    def now() -> datetime:
        return datetime.now(UTC) + offset

    return now
