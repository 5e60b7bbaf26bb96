"""The projector's word to whoever waits, here and at every replica."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import uuid4

from services.portal_gateway.handlers.events import Projector
from services.portal_gateway.use_cases.live import Live
from services.portal_gateway.use_cases.project import Projected
from shared.contracts.answers import Answer, TicketsAnswered
from shared.contracts.envelope import Envelope
from shared.messaging.records import Incoming, Record


def committed(answer: TicketsAnswered) -> Incoming:
    """The answer as the consumer hands it over once its batch is committed."""
    envelope = Envelope(
        id=uuid4(),
        type=answer.ce_type,
        source="/deskstream/tickets",
        time=datetime(2026, 11, 28, tzinfo=UTC),
        subject=f"command:{answer.command_id}",
        correlationid=answer.command_id,
        actor="system:tickets",
    )
    record = Record("tickets-events", 0, 0, b"key", answer.model_dump_json().encode(), (), 0)
    return Incoming(record, envelope, answer)


def nobody(_answers: Iterable[Answer]) -> None:
    """No one waits here."""


async def test_records_that_were_projected_before_are_told_to_nobody() -> None:
    """After a change of partitions a batch may hold nothing new: that is no fault, and there is nothing to tell."""
    told: list[Projected] = []

    async def tell(projected: Projected) -> None:
        told.append(projected)

    await Projector(tell, nobody).after([])
    assert told == []


async def test_whoever_waits_at_this_replica_is_handed_what_is_committed() -> None:
    """The answer itself, so that nothing is asked of the database; others are not woken."""
    live = Live()
    answer = TicketsAnswered(command_id=uuid4(), outcome="done")

    async def tell(_projected: Projected) -> None:
        """No replica listens."""

    with live.waiter(answer.command_id) as waiter, live.waiter(uuid4()) as other:
        await Projector(tell, live.answer).after([committed(answer)])
        await asyncio.wait_for(waiter.told.wait(), 60)
        assert waiter.answer == answer
        assert not other.told.is_set()
