"""Waiting for a condition with a deadline, in place of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T | None], what: str, timeout_seconds: float = 60) -> T:
    """Ask until the answer is true, and return it.

    Raises:
        AssertionError: it was not true in time; says what was waited for and the last answer.
    """
    deadline = time.monotonic() + timeout_seconds
    pause = 0.02
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_seconds} s for {what}; last answer: {found!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
