"""How a consumer takes its next records from Kafka's client."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeAlias

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.messaging.kafka import POLL_MS
from shared.messaging.records import Record
from shared.messaging.taking import (
    LONGEST_REST_SECONDS,
    REST_SECONDS,
    SMALL_BATCH,
    Found,
    Rebalances,
    Taking,
    rest_after,
)

ONE, TWO = TopicPartition("p.answers", 0), TopicPartition("p.others", 0)
Answer: TypeAlias = dict[TopicPartition, list[int]] | KafkaError
PATIENCE_MS = 60_000


class Client:
    """Kafka's client: gives what stands next, fetched or not; looks `for_ever` that find nothing last until broken off.

    Attributes:
        asked: milliseconds and limit of each look.
        held: partitions of which nothing is fetched.
    """

    def __init__(self, *answers: Answer, seen: Callable[[], object] = int, for_ever: bool = False) -> None:
        self.answers = list(answers)
        self.seen = seen
        self.for_ever = for_ever
        self.put_off: set[TopicPartition] = set()
        self.asked: list[tuple[int, int]] = []
        self.held: set[TopicPartition] = set()

    def assignment(self) -> set[TopicPartition]:
        return {ONE, TWO}

    def pause(self, *partitions: TopicPartition) -> None:
        self.held |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.held -= set(partitions)

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        self.asked.append((timeout_ms, max_records))
        assert self.held == self.put_off
        self.seen()
        if not self.answers and self.for_ever:
            await asyncio.Event().wait()
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, KafkaError):
            raise answer
        return {tp: [_raw(tp, offset) for offset in offsets] for tp, offsets in answer.items()}


def _raw(tp: TopicPartition, offset: int) -> SimpleNamespace:
    return SimpleNamespace(
        topic=tp.topic, partition=tp.partition, offset=offset, key=b"", value=b"", headers=(), timestamp=0
    )


def offsets(found: Found) -> dict[TopicPartition, list[int]]:
    return {tp: [record.offset for record in records] for tp, records in found.items()}


def can_wait(record: Record) -> bool:
    return record.topic == "others"


@pytest.fixture
def long_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something else than the clock ends the gathering, however slow the machine is."""
    monkeypatch.setattr("shared.messaging.taking.PATIENCE_SECONDS", PATIENCE_MS / 1000)


def nothing_waits(_: TopicPartition) -> bool:
    return False


async def nothing_lost() -> None:
    """Nobody keeps anything of partitions that go."""


def after_a_batch(
    can_wait: Callable[[Record], bool] | None = None, seconds: float = 0.001
) -> tuple[Taking, Rebalances]:
    """Of a consumer that has had a small batch just now, which took so long."""
    rebalances = Rebalances(nothing_lost)
    taking = Taking("p.", rebalances, nothing_waits, can_wait)
    taking.over(1, seconds)
    return taking, rebalances


def test_after_a_small_batch_records_gather() -> None:
    """On a quiet desk hardly, on a busy one long, but half of the time at most."""
    assert rest_after(1, 3.0) == REST_SECONDS
    assert rest_after(4, 3.0) == 16 * REST_SECONDS
    assert rest_after(10, 0.004) == 0.004
    assert rest_after(SMALL_BATCH - 1, 3.0) == LONGEST_REST_SECONDS


@pytest.mark.parametrize("records", [SMALL_BATCH, 500])
def test_a_queue_is_not_rested_from(records: int) -> None:
    """Where much waits already there is nothing to gather."""
    assert rest_after(records, 3.0) == 0.0


async def test_what_is_in_hand_is_all_that_is_fetched() -> None:
    """What comes meanwhile is one request to the broker, when the batch is over; what is put off is none."""
    client = Client({ONE: [7]}, {ONE: [8, 9]})
    rebalances = Rebalances(nothing_lost)
    taking = Taking("p.", rebalances, lambda tp: tp in client.put_off)
    assert offsets(await taking.next(client, 500)) == {ONE: [7]}
    assert client.held == {ONE, TWO}
    client.put_off = {TWO}
    taking.over(1, 0.001)
    assert offsets(await taking.next(client, 500)) == {ONE: [8, 9]}
    assert client.asked == [(POLL_MS, 500), (POLL_MS, 500)]


async def test_an_idle_consumer_only_waits() -> None:
    """Without a batch before it there is no rest, and patience is over: a lone record is taken as it comes."""
    client = Client({TWO: [7]})
    taking = Taking("p.", Rebalances(nothing_lost), nothing_waits, can_wait)
    assert offsets(await taking.next(client, 500)) == {TWO: [7]}
    assert len(client.asked) == 1


async def test_a_queue_that_was_cut_is_not_rested_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is behind as many as were asked for waits already."""
    monkeypatch.setattr("shared.messaging.taking.REST_SECONDS", 60.0)
    monkeypatch.setattr("shared.messaging.taking.LONGEST_REST_SECONDS", 60.0)
    client = Client({ONE: [7]}, {ONE: [8]})
    taking, _ = after_a_batch(seconds=0.0)
    assert offsets(await taking.next(client, 1)) == {ONE: [7]}
    taking.over(1, 60.0)
    assert offsets(await asyncio.wait_for(taking.next(client, 1), 30)) == {ONE: [8]}


async def test_nothing_is_fetched_behind_what_was_gathered() -> None:
    """Also where the last look found nothing, and where it failed."""
    lasts: tuple[Answer, ...] = ({}, KafkaError())
    for last in lasts:
        client = Client({TWO: [3]}, last)
        taking, _ = after_a_batch(can_wait)
        assert offsets(await taking.next(client, 500)) == {TWO: [3]}
        assert client.held == {ONE, TWO}


@pytest.mark.usefixtures("long_patience")
async def test_what_nobody_waits_for_gathers_until_somebody_waits() -> None:
    """The record that is waited for ends the gathering, and takes the others with it."""
    client = Client({TWO: [3]}, {TWO: [4]}, {ONE: [7]})
    taking, _ = after_a_batch(can_wait)
    assert offsets(await taking.next(client, 500)) == {TWO: [3, 4], ONE: [7]}
    assert len(client.asked) == 3
    assert all(0 < wait_ms <= PATIENCE_MS for wait_ms, _ in client.asked[1:])


async def test_what_is_waited_for_is_taken_at_once() -> None:
    """Patience is for the others."""
    client = Client({ONE: [7], TWO: [3]})
    taking, _ = after_a_batch(can_wait)
    assert offsets(await taking.next(client, 500)) == {ONE: [7], TWO: [3]}
    assert len(client.asked) == 1


async def test_a_full_hand_takes_no_more() -> None:
    """The limit holds for all looks together."""
    client = Client({TWO: [7, 8]})
    taking, _ = after_a_batch(can_wait)
    assert offsets(await taking.next(client, 2)) == {TWO: [7, 8]}
    assert len(client.asked) == 1


async def test_many_records_wait_for_no_more() -> None:
    """A batch that is not small costs little enough for each."""
    client = Client({TWO: list(range(SMALL_BATCH))})
    taking, _ = after_a_batch(can_wait)
    assert len((await taking.next(client, 500))[TWO]) == SMALL_BATCH
    assert len(client.asked) == 1


@pytest.mark.usefixtures("long_patience")
async def test_an_error_of_a_later_look_costs_nothing_that_is_in_hand() -> None:
    """It is told again by the next look where it lasts."""
    client = Client({TWO: [7]}, KafkaError(), {ONE: [8]})
    taking, _ = after_a_batch(can_wait)
    assert offsets(await taking.next(client, 500)) == {TWO: [7], ONE: [8]}


@pytest.mark.usefixtures("long_patience")
async def test_a_rebalance_waits_for_the_hand_and_the_hand_for_no_rebalance() -> None:
    """A look in a rebalance lasts until its end, which waits for the batch: it is broken off."""
    taking, rebalances = after_a_batch(can_wait)
    revoked: list[asyncio.Task[None]] = []

    def begin() -> None:
        if rebalances.is_busy and not revoked:
            revoked.append(asyncio.ensure_future(rebalances.on_partitions_revoked({TWO})))

    client = Client({TWO: [3]}, seen=begin, for_ever=True)
    found = await asyncio.wait_for(taking.next(client, 500), 60)
    assert offsets(found) == {TWO: [3]}
    assert len(client.asked) == 2
    assert revoked
    assert not revoked[0].done()
    taking.over(1, 0.001)
    await asyncio.wait_for(revoked[0], 60)
