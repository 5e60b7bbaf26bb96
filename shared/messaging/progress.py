"""How far a consumer is: records behind and the age of the oldest that waits, for each partition it holds.

Invariant: what another replica holds is not told here, so that no number outlives its partition.
"""

import time
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition

from shared.messaging.records import Record
from shared.observability.metrics import LAG, OLDEST_AGE

TELL_EVERY_SECONDS = 1.0


class Progress:
    """The numbers of one consumer."""

    def __init__(self, consumer: str, prefix: str) -> None:
        self._consumer = consumer
        self._prefix = prefix
        self._waiting_since_ms: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._told_at = float("-inf")
        OLDEST_AGE.labels(consumer).set_function(self.oldest_seconds)

    def oldest_seconds(self) -> float:
        """Age of the oldest record that is not done, as of now; 0 where nothing waits."""
        if not self._waiting_since_ms:
            return 0.0
        return max(0.0, time.time() - min(self._waiting_since_ms.values()) / 1000)

    def took(self, found: Mapping[TopicPartition, list[Record]]) -> None:
        """These are in hand."""
        for tp, records in found.items():
            self._waiting_since_ms[tp] = records[0].timestamp_ms

    def ended(self, tp: TopicPartition, next_offset: int, waits: Record | None, last: Record, end: int | None) -> None:
        """A partition's part of the batch is over.

        Args:
            tp: the partition.
            next_offset: where its reading goes on.
            waits: the record that stopped it, where one did.
            last: the newest record of the batch; what comes behind it is not older.
            end: the partition's end, where it is known.
        """
        self._next[tp] = next_offset
        if waits is not None:
            self._waiting_since_ms[tp] = waits.timestamp_ms
        elif end is not None and next_offset < end:
            self._waiting_since_ms[tp] = last.timestamp_ms
        else:
            self._waiting_since_ms.pop(tp, None)

    def tell(self, kafka: Any) -> None:
        """The records behind are as the newest answers of the broker say; told once a second: nobody looks oftener."""
        now = time.monotonic()
        if now - self._told_at < TELL_EVERY_SECONDS:
            return
        self._told_at = now
        for tp in kafka.assignment() & self._next.keys():
            end = kafka.highwater(tp)
            if end is not None:
                LAG.labels(*self._labels(tp)).set(max(0, end - self._next[tp]))

    def lost(self) -> None:
        """Nothing is held any more."""
        for tp in self._next:
            LAG.remove(*self._labels(tp))
        self._next.clear()
        self._waiting_since_ms.clear()

    def _labels(self, tp: TopicPartition) -> tuple[str, str, str]:
        return self._consumer, tp.topic.removeprefix(self._prefix), str(tp.partition)
