"""Build the read model anew beside the live one, and put it in its place.

Rules:
- The log is folded to its end while events go on arriving, again until little is left, and a last time while the
  projection waits: no page is ever without its rows.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from shared.contracts.state import Snapshot

CHUNK = 500
#: Rounds end when one brings so little.
LITTLE = 1000
MOST_ROUNDS = 5


class StateTopics(Protocol):
    """Every service's snapshots."""

    def snapshots(self, since: datetime | None) -> AsyncIterator[Snapshot]:
        """Snapshots on the log now, those since a moment where one is given."""


class Building(Protocol):
    """The new read model."""

    async def begin(self) -> None:
        """It stands empty beside the live one."""

    async def put(self, snapshots: Sequence[Snapshot]) -> None:
        """Newer snapshots stand in it."""

    async def swap(self, catch_up: Callable[[], Awaitable[None]]) -> None:
        """It is the live one; `catch_up` is called while no batch is projected."""


async def rebuild(
    topics: StateTopics, building: Building, clock: Callable[[], datetime], say: Callable[[str], None]
) -> int:
    """The read model is rebuilt; returns how many snapshots were read."""
    await building.begin()
    since: datetime | None = None
    total = 0
    for number in range(1, MOST_ROUNDS + 1):
        began = clock()
        count = await _fold(topics, building, since)
        total += count
        say(f"round {number}: {count} snapshots")
        since = began
        if count <= LITTLE and number > 1:
            break

    async def catch_up() -> None:
        nonlocal total
        total += await _fold(topics, building, since)

    await building.swap(catch_up)
    return total


async def _fold(topics: StateTopics, building: Building, since: datetime | None) -> int:
    count, chunk = 0, list[Snapshot]()
    async for snapshot in topics.snapshots(since):
        chunk.append(snapshot)
        count += 1
        if len(chunk) >= CHUNK:
            await building.put(chunk)
            chunk = []
    if chunk:
        await building.put(chunk)
    return count
