"""Mends a topic of snapshots: where a key's newest record is older than its row, the row is told again.

A relay that was stopped in the middle of its work may wake after its lease has passed to another, and put an old
snapshot behind the newer one. Readers drop it by its sequence; compaction would keep it, and a rebuild would read it.

Invariants:
- What is told again is the row as it is under its lock, so its place in the outbox is after its last change.
- Only what was compared is not read again: neither what came while that was done, nor a key whose row was on its way.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError

from shared.postgres.pool import Connection, Pool
from shared.settings import KafkaSettings

_log = structlog.get_logger()

EVERY_SECONDS = 3600.0
LOOK_SECONDS = 5.0
CHUNK = 1000
BETWEEN_CHUNKS_SECONDS = 0.01
_PENDING = "select distinct key from outbox where topic = $1"

#: Versions of rows by their keys (``kind:id``); a key that no row has, or whose state never changes, is left out.
Versions = Callable[[Connection, Sequence[str]], Awaitable[Mapping[str, int]]]
#: The keys of all rows.
Keys = Callable[[Connection], Awaitable[Sequence[str]]]
#: Locks the rows of these keys and says them again; runs in a transaction.
Again = Callable[[Connection, Sequence[str]], Awaitable[None]]


@dataclass
class Mender:
    """Compares one service's state topic with its tables.

    Args:
        topic: without prefix.
        settings: where Kafka is.
        pool: of the service's database.
        leads: whether this process holds the relay's lease.
        versions: what the tables say.
        again: tells rows again.
        every: all rows, for a topic that holds little: one that has no record at all is told, too. So what a desk has
            is on a topic that came to be later than the desk.
    """

    topic: str
    settings: KafkaSettings
    pool: Pool
    leads: Callable[[], bool]
    versions: Versions
    again: Again
    every: Keys | None = None
    _compared: dict[TopicPartition, int] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Mend all when this process begins to lead, and what came since every hour that it does."""
        mended_at = float("-inf")
        while not stop.is_set():
            if not self.leads():
                mended_at = float("-inf")
                self._compared.clear()
            elif time.monotonic() - mended_at > EVERY_SECONDS:
                await _unless(stop, self.mend())
                mended_at = time.monotonic()
            try:
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue

    async def mend(self) -> int:
        """Every key's newest record is as new as its row once the outbox is empty; returns how many were not.

        The first time all that the topic holds is read, later what came since.
        """
        total = 0
        name = self.settings.kafka_topic_prefix + self.topic
        unseen = await self._published_keys()
        async with _reader(self.settings) as consumer:
            # A partition at a time: the keys of one fit in memory, those of all may not.
            for partition in await _partitions(self.settings, name):
                newest: dict[str, int] = {}
                total += await self._mend_partition(consumer, TopicPartition(name, partition), newest)
                unseen -= newest.keys()
        await self._tell(sorted(unseen))
        total += len(unseen)
        _log.info("state_compared", topic=self.topic, told_again=total)
        return total

    async def _published_keys(self) -> set[str]:
        """Keys that have a record on the topic by now, unless it never had one."""
        if self.every is None:
            return set()
        async with self.pool.acquire() as connection:
            keys = set(await self.every(connection))
        return keys - await self._pending()

    async def _pending(self) -> set[str]:
        return {bytes(row["key"]).decode() for row in await self.pool.fetch(_PENDING, self.topic)}

    async def _mend_partition(self, consumer: AIOKafkaConsumer, tp: TopicPartition, newest: dict[str, int]) -> int:
        await _begin(consumer, tp, None if self.every else self._compared.get(tp))
        await _fold(consumer, tp, newest)
        compared = await consumer.position(tp)
        stale, pending, behind = await self._older_than_rows(newest), set[str](), list[str]()
        if stale:
            # What changed while we read is on its way: what waits in the outbox first, then what was published since.
            pending = await self._pending()
            await _fold(consumer, tp, newest)
            behind = sorted(key for key, row in stale.items() if newest.get(key, row) < row and key not in pending)
            await self._tell(behind)
        if not pending & stale.keys():
            self._compared[tp] = compared
        return len(behind)

    async def _tell(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), CHUNK):
            async with self.pool.acquire() as connection, connection.transaction():
                await self.again(connection, keys[start : start + CHUNK])

    async def _older_than_rows(self, newest: Mapping[str, int]) -> dict[str, int]:
        keys = list(newest)
        found: dict[str, int] = {}
        for start in range(0, len(keys), CHUNK):
            async with self.pool.acquire() as connection:
                rows = await self.versions(connection, keys[start : start + CHUNK])
            found |= {key: version for key, version in rows.items() if newest[key] < version}
        return found


@asynccontextmanager
async def _reader(settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def _partitions(settings: KafkaSettings, topic: str) -> list[int]:
    # A consumer knows those of the topics that it subscribes to, and of no others.
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    try:
        await admin.start()
        (described,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    if not described["partitions"]:
        raise UnknownTopicOrPartitionError(topic)
    return sorted(partition["partition"] for partition in described["partitions"])


async def _begin(consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int | None) -> None:
    """Read on from an offset, or from the beginning; so, too, where the log has become shorter than that."""
    consumer.assign([tp])
    if offset is None or offset > (await consumer.end_offsets([tp]))[tp]:
        await consumer.seek_to_beginning(tp)
    else:
        consumer.seek(tp, offset)


async def _fold(consumer: AIOKafkaConsumer, tp: TopicPartition, newest: dict[str, int]) -> None:
    """The sequence of each key's newest record, up to the present end; goes on where the last fold ended."""
    end = (await consumer.end_offsets([tp]))[tp]
    while await consumer.position(tp) < end:
        # Nobody waits for this; those who share the loop and the processors do.
        await asyncio.sleep(BETWEEN_CHUNKS_SECONDS)
        for record in (await consumer.getmany(tp, timeout_ms=500, max_records=CHUNK)).get(tp, ()):
            key = (record.key or b"").decode(errors="replace")
            if record.value is None:
                newest.pop(key, None)
            else:
                newest[key] = _sequence(record)


def _sequence(record: Any) -> int:
    """The version that a record carries; one that tells none is older than any."""
    for name, value in record.headers:
        if name == "ce_sequence" and value and value.isdigit():
            return int(value)
    return -1


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, Any]) -> None:
    """The work is done, or broken off when we are to stop."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        stopping.cancel()
        working.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
