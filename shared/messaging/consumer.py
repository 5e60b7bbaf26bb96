"""The consumer: batch in, one transaction, offsets committed; a bad record costs itself, a busy server costs time.

Invariants:
- A message's effect, its inbox row and what it says commit together; offsets are committed some time afterwards.
- The order of a partition is kept: nothing behind a record that must be tried again is handled before it.
- A batch that fails is taken record by record, so that one bad record never costs its neighbours.
- A record that kills the process is counted before it is tried, and given up after three times alone.

Source: measured behaviour of FastStream and aiokafka; the loop runs on the consumer of a handler-less subscriber.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.topics import TOPICS
from shared.crashpoint import crashpoint
from shared.messaging.batch import BatchResult, BatchRunner, Ended, Handler, Prepare
from shared.messaging.kafka import MAX_RECORDS
from shared.messaging.offsets import Offsets
from shared.messaging.pauses import Pauses, backoff
from shared.messaging.progress import Progress
from shared.messaging.records import Incoming, Record
from shared.messaging.suspects import Partition
from shared.messaging.taking import Found, Rebalances, Taking
from shared.observability.logs import tell_many
from shared.observability.metrics import BATCH_SECONDS, BATCH_SIZE, CONSUMED, UNKNOWN_TYPES
from shared.observability.trace import batch_span
from shared.postgres.pool import Pool, is_transient

_log = structlog.get_logger()

#: A server that was away is asked again at least this often.
LONGEST_AWAY_SECONDS = 5.0
#: A batch that a server was too busy for comes back as a part of itself, and grows again.
SMALLER = 4


@dataclass(frozen=True)
class ConsumerSpec:
    """What a consumer does.

    Attributes:
        name: of the inbox rows; a service that runs two consumers names each.
        topics: without prefix.
        handler: takes the batch's new messages in one transaction and returns their outcomes, in order.
        group: consumer group without prefix; the service's name where it runs one consumer.
        prepare: work before the transaction (parsing, blobs); may replace bodies. None by default.
        after: told of the batch once it is committed, repeats among it.
        wanted: which records this consumer reads at all, by topic and key; the others are passed over, undecoded.
        can_wait: says of a record that nobody waits for it: such ones gather a little longer. None by default.
        max_records: of a batch.
    """

    name: str
    topics: tuple[str, ...]
    handler: Handler
    group: str
    prepare: Prepare | None = None
    after: Callable[[Sequence[Incoming]], Awaitable[None]] | None = None
    wanted: Callable[[Record], bool] | None = None
    can_wait: Callable[[Record], bool] | None = None
    max_records: int = MAX_RECORDS


class Consumer:
    """Runs one spec on a started subscriber's consumer until stopped.

    Args:
        spec: what it does.
        pool: of the service's database.
        prefix: of the install's topics.
        service: whose dead letters it writes; the group's name where it is none other.
    """

    def __init__(self, spec: ConsumerSpec, pool: Pool, prefix: str, service: str = "") -> None:
        self.spec = spec
        self.failure = ""
        self.last_batch_at = time.monotonic()
        self._prefix = prefix
        self._runner = BatchRunner(spec.name, service or spec.group, spec.handler, spec.prepare, pool)
        self._pauses = Pauses()
        self._progress = Progress(spec.name, prefix)
        self._offsets = Offsets(spec.name)
        self.listener = Rebalances(self._lost)
        self._taking = Taking(prefix, self.listener, self._pauses.waits, spec.can_wait)
        self._stopping = False
        self._limit = spec.max_records
        self._away = 0
        self._kafka: Any = None

    async def run(self, kafka_consumer: Any) -> None:
        """Consume until `stop`; on too many dead letters in a row, stop and say so in `failure`."""
        self._kafka = kafka_consumer
        while not self._stopping and not self.failure:
            try:
                found = await self._taking.next(kafka_consumer, self._limit)
            except KafkaError as error:
                _log.warning("poll_failed", consumer=self.spec.name, reason=type(error).__name__)
                await asyncio.sleep(1)
                continue
            began = self.last_batch_at = time.monotonic()
            if found:
                try:
                    await self._handle(found)
                finally:
                    self.last_batch_at = time.monotonic()
                    self._taking.over(sum(map(len, found.values())), self.last_batch_at - began)
            else:
                await self._offsets.commit(kafka_consumer)
            self._progress.tell(kafka_consumer)
        await self._offsets.commit(kafka_consumer)

    def stop(self) -> None:
        """End after the batch in hand."""
        self._stopping = True

    async def _lost(self) -> None:
        if not self.listener.is_busy:
            await self._offsets.commit(self._kafka)
        self._pauses.forget()
        self._progress.lost()

    async def _handle(self, found: Found) -> None:
        started = time.monotonic()
        self._progress.took(found)
        suspects = {self._place(tp) for tp in self.listener.first_read(found)}
        cut = {tp: self._pauses.cut(tp, records) for tp, records in found.items()}
        batch = [r for records in cut.values() for r in records if self.spec.wanted is None or self.spec.wanted(r)]
        try:
            with batch_span(self.spec.name, batch):
                result = await self._runner.run(batch, suspects)
        except Exception as error:
            if not is_transient(error):
                raise
            self._postpone(found, error)
            return
        self._away, self._limit = 0, min(self._limit * 2, self.spec.max_records)
        crashpoint(f"consumer.{self.spec.name}.after_commit")
        if self._runner.is_stopped:
            last = next(e for e in reversed(result.ended) if e.end == "dead_letter")
            self.failure = f"{max(self._runner.dead_in_a_row.values())} dead letters in a row, the last: {last.reason}"
        await self._after(result)
        await self._offsets.done(self._kafka, self._next_offsets(found, cut, result.stops), len(batch))
        self._tell(result, time.monotonic() - started)

    async def _after(self, result: BatchResult) -> None:
        """What follows a commit is best effort."""
        if self.spec.after is None or not result.done:
            return
        try:
            await self.spec.after(result.done)
        except Exception as error:  # noqa: BLE001 - the batch is committed; no failure here may cost the next one
            _log.error("after_failed", consumer=self.spec.name, reason=type(error).__name__, exc_info=error)

    def _postpone(self, found: Found, error: BaseException) -> None:
        """A server is away or busy: back to where the batch began, after a pause in which polling goes on."""
        self._away += 1
        pause = backoff(self._away, LONGEST_AWAY_SECONDS)
        self._limit = max(1, sum(len(records) for records in found.values()) // SMALLER)
        _log.warning("batch_postponed", consumer=self.spec.name, seconds=pause, reason=type(error).__name__)
        for tp, records in found.items():
            self._pauses.wait(self._kafka, tp, records[0].offset, pause)

    def _next_offsets(self, found: Found, cut: Found, stops: dict[Partition, Ended]) -> dict[TopicPartition, int]:
        """Where each partition is read on; one that stopped at a record waits there."""
        offsets: dict[TopicPartition, int] = {}
        for tp, records in found.items():
            stop = stops.get(self._place(tp))
            offsets[tp] = stop.record.offset if stop else cut[tp][-1].offset + 1
            self._pauses.over(tp, offsets[tp])
            if stop is not None and stop.end == "retry":
                pause = self._pauses.put_off(self._kafka, tp, stop.record)
                _log.info("retry_later", place=stop.record.place, seconds=pause, reason=stop.reason)
            elif len(cut[tp]) < len(records) and tp in self._kafka.assignment():
                self._kafka.seek(tp, offsets[tp])
            end = self._kafka.highwater(tp) if tp in self._kafka.assignment() else None
            self._progress.ended(tp, offsets[tp], stop.record if stop else None, records[-1], end)
        return offsets

    def _place(self, tp: TopicPartition) -> Partition:
        return tp.topic.removeprefix(self._prefix), tp.partition

    def _tell(self, result: BatchResult, seconds: float) -> None:
        """A line and a count for each record, by its ids."""
        BATCH_SECONDS.labels(self.spec.name).observe(seconds)
        BATCH_SIZE.labels(self.spec.name).observe(len(result.ended))
        for (topic, end), count in Counter((e.record.topic, e.end) for e in result.ended).items():
            CONSUMED.labels(self.spec.name, topic, end).inc(count)
            if end == "unknown":
                UNKNOWN_TYPES.labels(topic).inc(count)
        common = {"consumer": self.spec.name, "milliseconds": round(seconds * 1000, 1), "batch": len(result.ended)}
        tell_many("message", [_line(each, common) for each in result.ended])


def _line(each: Ended, common: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    values = {**common, "place": each.record.place, "outcome": each.end}
    if each.message is not None:
        envelope = each.message.envelope
        values |= {"type": envelope.type, "id": str(envelope.id), "correlation": str(envelope.correlationid)}
    if each.reason:
        values["reason"] = each.reason
    return (logging.ERROR if each.end == "dead_letter" else logging.INFO), values


def full_names(prefix: str, topics: Sequence[str]) -> list[str]:
    """Topic names as they are on Kafka; an unregistered one is a mistake of ours.

    Raises:
        KeyError: a topic is not in the registry.
    """
    return [prefix + TOPICS[name].name for name in topics]
