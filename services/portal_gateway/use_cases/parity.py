"""Compare the read model with the state topics: what differs, is missing or is too much (R22).

Rules:
- Both are read again for what differed, a few times: while events arrive, one is a moment ahead of the other.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from shared.contracts.state import Snapshot

ROUNDS = 5
BETWEEN_SECONDS = 1.0


class StateTopics(Protocol):
    """Every service's snapshots."""

    def snapshots(self, since: datetime | None) -> AsyncIterator[Snapshot]:
        """Snapshots on the log now."""


class Rows(Protocol):
    """The read model's rows."""

    def snapshots(self) -> AsyncIterator[Snapshot]:
        """Every row as its snapshot."""


@dataclass(frozen=True)
class Difference:
    """A key whose snapshots differ; a version of none where one side lacks it."""

    key: str
    log_version: int | None
    row_version: int | None


_Prints = dict[str, tuple[int, bytes]]


async def differences(topics: StateTopics, rows: Rows) -> tuple[int, list[Difference]]:
    """How many keys were compared, and those that differ round after round."""
    lasting: set[str] | None = None
    log: _Prints = {}
    model: _Prints = {}
    for number in range(ROUNDS):
        if number:
            await asyncio.sleep(BETWEEN_SECONDS)
        log, model = await _prints(topics.snapshots(None)), await _prints(rows.snapshots())
        differing = {key for key in log.keys() | model.keys() if log.get(key) != model.get(key)}
        lasting = differing if lasting is None else lasting & differing
        if not lasting:
            return len(log), []
    return len(log), [
        Difference(key, log[key][0] if key in log else None, model[key][0] if key in model else None)
        for key in sorted(lasting or ())
    ]


async def _prints(snapshots: AsyncIterator[Snapshot]) -> _Prints:
    """Version and hash of the newest snapshot of each key."""
    found: _Prints = {}
    async for snapshot in snapshots:
        key = snapshot.state_key()
        if key not in found or found[key][0] < snapshot.version:
            # jsonb keeps keys in an order of its own.
            content = json.dumps(snapshot.model_dump(mode="json"), sort_keys=True)
            found[key] = (snapshot.version, sha256(content.encode()).digest())
    return found
