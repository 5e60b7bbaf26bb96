"""The projector's word to every replica."""

from services.portal_gateway.handlers.events import Projector
from services.portal_gateway.use_cases.project import Projected


async def test_records_that_were_projected_before_are_told_to_nobody() -> None:
    """After a change of partitions a batch may hold nothing new: that is no fault, and there is nothing to tell."""
    told: list[Projected] = []

    async def tell(projected: Projected) -> None:
        told.append(projected)

    await Projector(tell).after([])
    assert told == []
