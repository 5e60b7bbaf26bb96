"""Waiting for a condition with a deadline; tests never sleep for a guessed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")
POLL_SECONDS = 0.05
#: Machines are shared and slow at times, and a test waits for no figure: long enough that only what never comes fails.
PATIENCE_SECONDS = 150.0


def wait_for(condition: Callable[[], Found | None], what: str, timeout_seconds: float = PATIENCE_SECONDS) -> Found:
    """The first truthy value of `condition`.

    Raises:
        AssertionError: `what` did not come to pass in time; says the last answer.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {timeout_seconds:.0f} s; last answer: {found!r}"
        time.sleep(POLL_SECONDS)


async def eventually(
    condition: Callable[[], Awaitable[Found | None]], what: str, timeout_seconds: float = PATIENCE_SECONDS
) -> Found:
    """As `wait_for`, for a condition that is awaited."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        found = await condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {timeout_seconds} s"
        await asyncio.sleep(POLL_SECONDS)
