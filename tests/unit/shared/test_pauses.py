"""Waiting in place: pauses that grow, one a partition, ended by a rebalance; a record put off goes alone."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.pauses import FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS, Pauses, backoff
from shared.messaging.records import Record
from tests.unit.shared.builders import record

A, B = TopicPartition("t", 0), TopicPartition("t", 1)


class Kafka:
    """Remembers what was asked of it."""

    def __init__(self, *held: TopicPartition) -> None:
        self.held = set(held)
        self.asked: list[tuple[Any, ...]] = []

    def assignment(self) -> set[TopicPartition]:
        return self.held

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.asked.append(("seek", tp, offset))

    def pause(self, tp: TopicPartition) -> None:
        self.asked.append(("pause", tp))

    def resume(self, tp: TopicPartition) -> None:
        self.asked.append(("resume", tp))


def records(*offsets: int) -> list[Record]:
    return [record(offset) for offset in offsets]


@given(st.integers(1, 100_000))
def test_pauses_grow_up_to_a_limit(attempt: int) -> None:
    """Each try waits no shorter than the one before, and never longer than the longest, however many there were."""
    assert FIRST_BACKOFF_SECONDS <= backoff(attempt) <= backoff(attempt + 1) <= LONGEST_BACKOFF_SECONDS


def test_pauses_double() -> None:
    """The second pause is twice the first."""
    assert [backoff(n) for n in (1, 2, 3)] == [0.25, 0.5, 1.0]
    assert backoff(9, longest_seconds=5) == 5


async def test_record_put_off_goes_alone() -> None:
    """What stands before it goes first, then it alone, so that its failure repeats nothing else."""
    pauses, kafka = Pauses(), Kafka(A)
    assert pauses.cut(A, records(1, 2, 3)) == records(1, 2, 3)
    pauses.put_off(kafka, A, record(2))
    assert pauses.cut(A, records(1, 2, 3)) == records(1)
    assert pauses.cut(A, records(2, 3)) == records(2)
    assert pauses.cut(B, records(2, 3)) == records(2, 3)
    pauses.over(A, 2)
    assert pauses.cut(A, records(2, 3)) == records(2)
    pauses.over(A, 3)
    assert pauses.cut(A, records(3, 4)) == records(3, 4)
    pauses.forget()


async def test_each_try_of_a_record_waits_longer() -> None:
    """Another record begins with the first pause again."""
    pauses, kafka = Pauses(), Kafka(A)
    waits = [pauses.put_off(kafka, A, record(2)) for _ in range(3)]
    assert waits == [0.25, 0.5, 1.0]
    assert pauses.put_off(kafka, A, record(5)) == 0.25
    pauses.forget()


async def test_partition_waits_at_its_record_and_goes_on_there() -> None:
    """The place is kept, reading stops, and goes on after the pause."""
    pauses, kafka = Pauses(), Kafka(A)
    pauses.wait(kafka, A, 7, 0)
    assert kafka.asked == [("seek", A, 7), ("pause", A)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert kafka.asked[2:] == [("resume", A)]


@pytest.mark.parametrize("gone", ["before", "after"])
async def test_partition_that_is_not_ours_is_left_alone(gone: str) -> None:
    """After a rebalance neither place nor pause of another's partition is touched."""
    pauses, kafka = Pauses(), Kafka(*(() if gone == "before" else (A,)))
    pauses.wait(kafka, A, 7, 0)
    kafka.held.clear()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert ("resume", A) not in kafka.asked
    assert (kafka.asked == []) == (gone == "before")


async def test_rebalance_ends_every_pause_and_forgets_every_try() -> None:
    """Kafka's client forgets its pauses too; who gets the partition begins anew."""
    pauses, kafka = Pauses(), Kafka(A)
    pauses.put_off(kafka, A, record(2))
    pauses.wait(kafka, A, 2, 0)
    pauses.forget()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert ("resume", A) not in kafka.asked
    assert pauses.tries(A, record(2)) == 0
