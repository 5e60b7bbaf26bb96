"""Take a batch of events into the read model.

Rules:
- Newer snapshots stand, older ones change nothing: replays and rebuilds are harmless.
- The feed's numbers are taken last, so that lines become visible in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel

from services.portal_gateway.domain.projection import FeedLine, Projection
from shared.contracts.answers import Answer
from shared.contracts.envelope import Envelope
from shared.contracts.state import Snapshot


class Model(Protocol):
    """The read model's rows in one transaction."""

    async def share(self) -> None:
        """A rebuild's swap waits until this transaction ends."""

    async def put(self, snapshots: Sequence[Snapshot]) -> None:
        """Newer snapshots stand."""

    async def put_answers(self, answers: Sequence[Answer]) -> None:
        """Each command's answer stands."""

    async def put_feed(self, lines: Sequence[FeedLine]) -> int:
        """The lines are the feed's newest; returns the last number."""


@dataclass(frozen=True)
class Projected:
    """What became visible: the feed's newest number (0: no new line), commands answered, items changed."""

    feed: int
    answered: tuple[UUID, ...]
    items: tuple[UUID, ...]


async def project(model: Model, events: Sequence[tuple[Envelope, BaseModel]]) -> Projected:
    """Every event of the batch is in the read model when the transaction commits."""
    projection = Projection()
    for envelope, body in events:
        projection.add(envelope, body)
    await model.share()
    await model.put(projection.snapshots)
    await model.put_answers(projection.answers)
    feed = await model.put_feed(projection.feed)
    items = dict.fromkeys(line.item_id for line in projection.feed if line.item_id is not None)
    return Projected(feed, tuple(answer.command_id for answer in projection.answers), tuple(items))
