"""When offsets are committed: from time to time, at once where much was done, and before partitions go."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError

from shared.messaging import offsets
from shared.messaging.kafka import MAX_RECORDS
from shared.messaging.offsets import COMMIT_EVERY_RECORDS, COMMIT_EVERY_SECONDS, Offsets

A, B = TopicPartition("t", 0), TopicPartition("t", 1)


class Kafka:
    """Keeps what is committed; refuses it where told."""

    def __init__(self) -> None:
        self.held = {A, B}
        self.committed: list[dict[TopicPartition, int]] = []
        self.refuses = False

    def assignment(self) -> set[TopicPartition]:
        return self.held

    async def commit(self, held: dict[TopicPartition, int]) -> None:
        if self.refuses:
            raise CommitFailedError
        self.committed.append(held)


class Time:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(offsets, "time", clock)
    return clock


async def test_first_batch_is_committed_at_once_and_those_soon_after_it_together(time: Time) -> None:
    """Batches of one record share a commit; the newest offset of each partition is what it says."""
    kafka: Any = Kafka()
    done = Offsets("probe")
    await done.done(kafka, {A: 1}, 1)
    await done.done(kafka, {A: 2, B: 7}, 2)
    await done.done(kafka, {A: 3}, 1)
    assert kafka.committed == [{A: 1}]
    time.now += COMMIT_EVERY_SECONDS
    await done.done(kafka, {A: 4}, 1)
    assert kafka.committed == [{A: 1}, {A: 4, B: 7}]


@pytest.mark.usefixtures("time")
async def test_much_that_was_done_does_not_wait() -> None:
    """What a process that dies leaves uncommitted is read again within one batch."""
    kafka: Any = Kafka()
    done = Offsets("probe")
    await done.done(kafka, {A: 1}, 1)
    await done.done(kafka, {A: COMMIT_EVERY_RECORDS}, COMMIT_EVERY_RECORDS - 1)
    assert kafka.committed == [{A: 1}]
    await done.done(kafka, {A: COMMIT_EVERY_RECORDS + 1}, 1)
    assert kafka.committed == [{A: 1}, {A: COMMIT_EVERY_RECORDS + 1}]
    assert COMMIT_EVERY_RECORDS < MAX_RECORDS


@pytest.mark.usefixtures("time")
async def test_what_waits_is_committed_when_asked_and_once() -> None:
    """A poll that found nothing, the end, and a rebalance ask; where nothing waits nothing is sent."""
    kafka: Any = Kafka()
    done = Offsets("probe")
    await done.commit(kafka)
    await done.done(kafka, {A: 1}, 1)
    await done.done(kafka, {A: 2}, 1)
    await done.commit(kafka)
    await done.commit(kafka)
    assert kafka.committed == [{A: 1}, {A: 2}]


@pytest.mark.usefixtures("time")
async def test_partitions_that_are_gone_are_anothers_to_commit() -> None:
    """One foreign partition would make the whole commit fail."""
    kafka: Any = Kafka()
    done = Offsets("probe")
    await done.done(kafka, {A: 1}, 1)
    await done.done(kafka, {A: 2, B: 2}, 2)
    kafka.held = {B}
    await done.commit(kafka)
    assert kafka.committed == [{A: 1}, {B: 2}]


async def test_commit_that_is_refused_costs_nothing_but_a_repeat(time: Time) -> None:
    """The inbox covers what is read again; later offsets are committed as ever."""
    kafka: Any = Kafka()
    done = Offsets("probe")
    kafka.refuses = True
    await done.done(kafka, {A: 1}, 1)
    kafka.refuses = False
    time.now += COMMIT_EVERY_SECONDS
    await done.done(kafka, {A: 2}, 1)
    assert kafka.committed == [{A: 2}]
