"""Offsets are committed from time to time, not for each batch: the inbox makes what is read again harmless.

Invariants:
- An offset is committed only when everything before it in its partition is done.
- What is done waits for its offset until the first batch that ends `COMMIT_EVERY_SECONDS` after the last commit, or
  until `COMMIT_EVERY_RECORDS` are done, or until a poll finds nothing; and never past the moment at which its partition
  is given up in good order.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.crashpoint import crashpoint

_log = structlog.get_logger()

COMMIT_SECONDS = 10.0
#: A process that dies reads again what it did in so long. A commit costs client and broker as much as a small batch
#: costs tickets, and many a batch is one record.
COMMIT_EVERY_SECONDS = 0.2
#: Well within one batch, so that what killed a process still is among the first that the next one reads, which counts
#: them before it tries them.
COMMIT_EVERY_RECORDS = 100


class Offsets:
    """Where one consumer's partitions are read on, and what of it the broker knows.

    Args:
        consumer: name of the consumer, for logs and crash points.
    """

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._done: dict[TopicPartition, int] = {}
        self._waiting_records = 0
        self._committed_at = float("-inf")

    async def done(self, kafka: Any, offsets: Mapping[TopicPartition, int], records: int) -> None:
        """Everything before these offsets is done, so many records more; they are committed now or with later ones."""
        self._done.update(offsets)
        self._waiting_records += records
        waited = time.monotonic() - self._committed_at
        if waited >= COMMIT_EVERY_SECONDS or self._waiting_records >= COMMIT_EVERY_RECORDS:
            await self.commit(kafka)

    async def commit(self, kafka: Any) -> None:
        """The broker knows what is done; where it does not take it, the inbox covers the repeat that follows."""
        done, self._done = self._done, {}
        self._waiting_records = 0
        held = {tp: offset for tp, offset in done.items() if tp in kafka.assignment()}
        if not held:
            return
        self._committed_at = time.monotonic()
        try:
            await asyncio.wait_for(kafka.commit(held), COMMIT_SECONDS)
        except (KafkaError, TimeoutError) as error:
            _log.warning("offsets_not_committed", consumer=self._consumer, reason=type(error).__name__)
        crashpoint(f"consumer.{self._consumer}.after_offsets")
