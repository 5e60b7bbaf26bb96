"""Waiting in place: a partition stops at a record and goes on there after a pause; polling goes on meanwhile.

Invariant: at most one pause a partition; a rebalance ends all of them, as Kafka's client itself does.
Source: measured; a handler that holds its batch instead loses its partitions to the next rebalance.
"""

import asyncio
from typing import Any

from aiokafka import TopicPartition

from shared.messaging.records import Record

FIRST_BACKOFF_SECONDS = 0.25
LONGEST_BACKOFF_SECONDS = 15.0


def backoff(attempt: int, longest_seconds: float = LONGEST_BACKOFF_SECONDS) -> float:
    """Seconds before the next try, after so many tries (1 …)."""
    # The exponent is bounded so that a retry of days computes no number of thousands of digits.
    return float(min(FIRST_BACKOFF_SECONDS * 2.0 ** min(attempt - 1, 30), longest_seconds))


class Pauses:
    """The partitions of one consumer that wait, and how often each of their records was tried."""

    def __init__(self) -> None:
        self._tries: dict[TopicPartition, tuple[int, int]] = {}
        self._ends: dict[TopicPartition, asyncio.TimerHandle] = {}

    def waits(self, tp: TopicPartition) -> bool:
        """Whether the partition waits for its time."""
        return tp in self._ends

    def tries(self, tp: TopicPartition, record: Record) -> int:
        """How often this record was put off."""
        offset, count = self._tries.get(tp, (-1, 0))
        return count if offset == record.offset else 0

    def cut(self, tp: TopicPartition, records: list[Record]) -> list[Record]:
        """A record that was put off goes alone, so that its failure repeats nothing else."""
        offset, _ = self._tries.get(tp, (-1, 0))
        if records[0].offset == offset:
            return records[:1]
        before = [record for record in records if record.offset < offset]
        return before or records

    def put_off(self, kafka: Any, tp: TopicPartition, record: Record) -> float:
        """The record is tried again after a pause that grows with each try; returns the pause."""
        count = self.tries(tp, record) + 1
        self._tries[tp] = (record.offset, count)
        seconds = backoff(count)
        self.wait(kafka, tp, record.offset, seconds)
        return seconds

    def wait(self, kafka: Any, tp: TopicPartition, offset: int, seconds: float) -> None:
        """The partition is read on from this offset, after so many seconds; nothing where it is not ours any more."""
        if tp not in kafka.assignment():
            return
        kafka.seek(tp, offset)
        kafka.pause(tp)
        self._end(tp)
        self._ends[tp] = asyncio.get_running_loop().call_later(seconds, self._resume, kafka, tp)

    def over(self, tp: TopicPartition, next_offset: int) -> None:
        """Everything before this offset is done."""
        if tp in self._tries and self._tries[tp][0] < next_offset:
            del self._tries[tp]

    def forget(self) -> None:
        """The partitions are gone; who gets them begins anew."""
        for tp in list(self._ends):
            self._end(tp)
        self._tries.clear()

    def _end(self, tp: TopicPartition) -> None:
        known = self._ends.pop(tp, None)
        if known is not None:
            known.cancel()

    def _resume(self, kafka: Any, tp: TopicPartition) -> None:
        self._ends.pop(tp, None)
        if tp in kafka.assignment():
            kafka.resume(tp)
