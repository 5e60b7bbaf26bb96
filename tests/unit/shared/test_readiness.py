"""What a process says of itself: servers that it needs are asked at the same time, its own reasons are told too."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from shared.messaging.host import Host


@dataclass
class Asked(Host):
    """A host whose servers are both away, and are so only once both have been asked."""

    both: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(2))

    async def broker_answers(self) -> bool:
        await self.both.wait()
        return False

    async def database_answers(self) -> bool:
        await self.both.wait()
        return False


async def test_servers_are_asked_at_the_same_time_and_own_reasons_told() -> None:
    """Two silent servers cost one limit, not two: a probe must have its answer within a second."""
    host = Asked("intake", cast(Any, None), cast(Any, None), [], unready=lambda: {"door": "puts mail off"})
    reasons = await asyncio.wait_for(host.ready(), 60)
    assert reasons == {"broker": "away", "database": "away", "door": "puts mail off"}
