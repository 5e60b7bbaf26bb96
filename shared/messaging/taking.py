"""How a consumer takes its next records from Kafka's client: at once when it is idle, gathered when it is busy.

Invariants:
- A record that comes after a silence does not wait. After a batch the next one waits `LONGEST_REST_SECONDS` at most;
  what nobody waits for, `PATIENCE_SECONDS`.
- What was taken is in hand until its batch is over: a rebalance waits for it, and it waits for no rebalance.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from shared.messaging.kafka import POLL_MS, REBALANCE_TIMEOUT_MS
from shared.messaging.records import Record, from_kafka

_log = structlog.get_logger()

#: After a small batch records gather before they are looked for: many tiny transactions cost far more than few. How
#: long grows with the square of what the batch held: a quiet desk, on which people wait, hardly rests, and one that has
#: much to do takes much at once; but never longer than the batch took. A full queue is not rested from.
REST_SECONDS = 0.0005
LONGEST_REST_SECONDS = 0.06
SMALL_BATCH = 50
#: So long after a batch what nobody waits for is still gathered, or until something comes that somebody waits for,
#: which is looked for this often.
PATIENCE_SECONDS = 0.1
LOOK_EVERY_SECONDS = 0.002
Found = dict[TopicPartition, list[Record]]


class Rebalances(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka is untyped
    """Lets the batch in hand finish before its partitions go: so a rebalance repeats nothing."""

    def __init__(self, lost: Callable[[], Awaitable[None]]) -> None:
        self._idle = asyncio.Event()
        self._idle.set()
        self._lost = lost
        self._new: set[TopicPartition] = set()
        self.assignments = 0
        self.revoking = asyncio.Event()

    @property
    def is_revoking(self) -> bool:
        """Whether partitions are being taken away, and others given."""
        return self.revoking.is_set()

    @property
    def is_busy(self) -> bool:
        """Whether records are in hand."""
        return not self._idle.is_set()

    def busy(self) -> None:
        """Records are in hand."""
        self._idle.clear()

    def free(self) -> None:
        """Their batch is over."""
        self._idle.set()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self.revoking.set()
        try:
            await asyncio.wait_for(self._idle.wait(), 0.8 * REBALANCE_TIMEOUT_MS / 1000)
        except TimeoutError:
            _log.warning("batch_not_drained", partitions=len(revoked))
        await self._lost()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        self.revoking.clear()
        self.assignments += 1
        self._new = set(assigned)

    def first_read(self, found: Iterable[TopicPartition]) -> set[TopicPartition]:
        """Which of these are read for the first time since they were given to us."""
        fresh = self._new.intersection(found)
        self._new -= fresh
        return fresh


def rest_after(records: int, seconds: float) -> float:
    """How long records may gather after a batch of so many that took so long."""
    if records >= SMALL_BATCH:
        return 0.0
    return min(seconds, records * records * REST_SECONDS, LONGEST_REST_SECONDS)


class Taking:
    """Takes one consumer's records.

    While a batch is handled nothing is fetched: the client would ask the broker anew, by name of every partition, for
    the first record that comes, and again for those behind it. One request brings them all.

    Args:
        prefix: of the install's topics.
        rebalances: told where records are in hand.
        waits: says of a partition that it is put off for now.
        can_wait: says of a record that nobody waits for it; none where each is waited for.
    """

    def __init__(
        self,
        prefix: str,
        rebalances: Rebalances,
        waits: Callable[[TopicPartition], bool],
        can_wait: Callable[[Record], bool] | None = None,
    ) -> None:
        self._prefix = prefix
        self._rebalances = rebalances
        self._waits = waits
        self._can_wait = can_wait
        self._rest = 0.0
        self._was_full = False
        self._ended_at = float("-inf")

    async def next(self, kafka: Any, limit: int) -> Found:
        """The next records; none where none came in a while. Where there are some they are in hand.

        Args:
            kafka: the client's consumer.
            limit: of records.

        Raises:
            KafkaError: the client could not fetch; nothing is in hand.
        """
        rest, self._rest = self._rest, 0.0
        if rest:
            await asyncio.sleep(rest)
        found = await self._look(kafka, limit, POLL_MS)
        if not found:
            return {}
        # No other task runs between the client's return and here: a rebalance sees us busy or before the poll.
        self._rebalances.busy()
        until = self._ended_at + PATIENCE_SECONDS
        while (left := until - time.monotonic()) > 0 and self._may_wait(found, limit):
            await asyncio.sleep(min(left, LOOK_EVERY_SECONDS))
            await self._add(kafka, found, limit, max(1, round((until - time.monotonic()) * 1000)))
        self._was_full = _count(found) >= limit
        return found

    def over(self, records: int, seconds: float) -> None:
        """A batch of so many records is over, which took so long: nothing is in hand."""
        self._rest = 0.0 if self._was_full else rest_after(records, seconds)
        self._ended_at = time.monotonic()
        self._rebalances.free()

    def _may_wait(self, found: Found, limit: int) -> bool:
        if self._can_wait is None or self._rebalances.is_revoking or _count(found) >= min(limit, SMALL_BATCH):
            return False
        return all(self._can_wait(record) for records in found.values() for record in records)

    async def _add(self, kafka: Any, found: Found, limit: int, wait_ms: int) -> None:
        """What else comes in so long is in hand too; an error keeps nobody from what already is."""
        # In a rebalance the client would wait for its end, which waits for what is in hand.
        if self._rebalances.is_revoking:
            return
        looking = asyncio.ensure_future(self._look(kafka, limit - _count(found), wait_ms))
        revoking = asyncio.ensure_future(self._rebalances.revoking.wait())
        try:
            await asyncio.wait({looking, revoking}, return_when=asyncio.FIRST_COMPLETED)
            if not looking.done():
                return
            for tp, records in looking.result().items():
                found.setdefault(tp, []).extend(records)
        except KafkaError as error:
            _log.warning("poll_failed", reason=type(error).__name__)
        finally:
            # The client gives records in one step at the end, so a look that is broken off has taken none.
            looking.cancel()
            revoking.cancel()
            kafka.pause(*kafka.assignment())

    async def _look(self, kafka: Any, limit: int, wait_ms: int) -> Found:
        kafka.resume(*(tp for tp in kafka.assignment() if not self._waits(tp)))
        came = await kafka.getmany(timeout_ms=wait_ms, max_records=limit)
        if came:
            # In the same step: the client fetches as soon as others run.
            kafka.pause(*kafka.assignment())
        return {tp: [from_kafka(record, self._prefix) for record in records] for tp, records in came.items()}


def _count(found: Found) -> int:
    return sum(map(len, found.values()))
