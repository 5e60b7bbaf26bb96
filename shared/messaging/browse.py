"""Reads a desk's topics beside its services: in no group, committing nothing, changing nothing.

Invariant: whatever stands on a topic can be shown, also a record that no reader could decode.
"""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.contracts.topics import TOPICS
from shared.messaging.records import Record, from_kafka
from shared.settings import KafkaSettings

POLL_MS = 500
MAX_RECORDS = 1000
REQUEST_MS = 10_000


@dataclass(frozen=True)
class TopicSize:
    """A topic as it is on Kafka; `records` of a compacted one counts those compacted away too."""

    name: str
    partitions: int
    records: int
    registered: bool
    writers: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True)
class Lag:
    """How far a group is behind on a topic; `oldest_seconds` is the age of the oldest record it has not done."""

    group: str
    topic: str
    records: int
    oldest_seconds: float


@dataclass(frozen=True)
class Start:
    """Where reading begins: at a moment, or so many records before the end, else at the beginning."""

    since: datetime | None = None
    last: int | None = None


class Browser:
    """The topics of one install. Use as an async context manager.

    Raises:
        KafkaError: (on entering) the broker does not answer.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._prefix = settings.kafka_topic_prefix
        servers = settings.kafka_bootstrap_servers
        self._admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=REQUEST_MS)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=servers, enable_auto_commit=False, request_timeout_ms=REQUEST_MS
        )

    async def __aenter__(self) -> Self:
        try:
            await self._admin.start()
            await self._consumer.start()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def names(self) -> list[str]:
        """The install's topics that exist, without prefix: the registry's, and others under a prefix of its own."""
        there = {n.removeprefix(self._prefix) for n in await self._admin.list_topics() if n.startswith(self._prefix)}
        others = {n for n in there if not n.startswith("__")} if self._prefix else set()
        return sorted(there & (TOPICS.keys() | others))

    async def sizes(self) -> list[TopicSize]:
        """Every topic with its number of partitions and records."""
        partitions = await self._partitions(await self.names())
        first, end = await self._bounds([tp for tps in partitions.values() for tp in tps])
        return [
            TopicSize(
                name=name,
                partitions=len(tps),
                records=sum(end[tp] - first[tp] for tp in tps),
                registered=name in TOPICS,
                writers=TOPICS[name].writers if name in TOPICS else (),
                readers=TOPICS[name].readers if name in TOPICS else (),
            )
            for name, tps in sorted(partitions.items())
        ]

    async def lags(self) -> list[Lag]:
        """For each group and each topic that the registry says it reads, what it has not done."""
        read = [n for n in await self.names() if n in TOPICS and TOPICS[n].readers]
        partitions = await self._partitions(read)
        first, end = await self._bounds([tp for tps in partitions.values() for tp in tps])
        there = [g for g, _ in await self._admin.list_consumer_groups() if g.startswith(self._prefix)]
        found: list[Lag] = []
        for group in sorted({g.removeprefix(self._prefix) for g in there}):
            committed = await self._admin.list_consumer_group_offsets(self._prefix + group)
            for name in read:
                if not _reads(group, TOPICS[name].readers) or not any(
                    tp.topic == self._prefix + name for tp in committed
                ):
                    continue
                at = {tp: max(committed[tp].offset if tp in committed else 0, first[tp]) for tp in partitions[name]}
                behind = {tp: offset for tp, offset in at.items() if offset < end[tp]}
                count = sum(end[tp] - offset for tp, offset in behind.items())
                found.append(Lag(group, name, count, await self._oldest_seconds(behind, end)))
        return found

    async def read(self, names: Sequence[str], start: Start, *, follow: bool = False) -> AsyncIterator[Record]:
        """Records of these topics, those of a partition in order; to the present end, or for ever.

        Raises:
            KeyError: a topic is not there.
        """
        partitions = await self._partitions(names)
        every = [tp for tps in partitions.values() for tp in tps]
        first, end = await self._bounds(every)
        async for record in self._records(await self._places(every, start, first, end), None if follow else end):
            yield record

    async def _records(self, at: Mapping[TopicPartition, int], end: Mapping[Any, int] | None) -> AsyncIterator[Record]:
        """Records from these offsets on, up to `end` where it is given."""
        wanted = {tp: offset for tp, offset in at.items() if end is None or offset < end[tp]}
        self._consumer.assign(list(wanted))
        for tp, offset in wanted.items():
            self._consumer.seek(tp, offset)
        while wanted:
            found = await self._consumer.getmany(*wanted, timeout_ms=POLL_MS, max_records=MAX_RECORDS)
            records = [record for batch in found.values() for record in batch]
            for record in sorted(records, key=lambda r: (r.timestamp, r.topic, r.partition, r.offset)):
                if end is None or record.offset < end[TopicPartition(record.topic, record.partition)]:
                    yield from_kafka(record, self._prefix)
            if end is not None:
                # A compacted or emptied stretch moves the position without giving a record.
                for tp in [tp for tp in wanted if await self._consumer.position(tp) >= end[tp]]:
                    del wanted[tp]

    async def _places(
        self, partitions: list[TopicPartition], start: Start, first: Mapping[Any, int], end: Mapping[Any, int]
    ) -> dict[TopicPartition, int]:
        if start.since is not None and partitions:
            moment = int(start.since.timestamp() * 1000)
            found = await self._consumer.offsets_for_times(dict.fromkeys(partitions, moment))
            return {tp: found[tp].offset if found.get(tp) else end[tp] for tp in partitions}
        if start.last is not None:
            return {tp: max(first[tp], end[tp] - start.last) for tp in partitions}
        return {tp: first[tp] for tp in partitions}

    async def _partitions(self, names: Iterable[str]) -> dict[str, list[TopicPartition]]:
        full = [self._prefix + name for name in names]
        described = await self._admin.describe_topics(full) if full else []
        found = {
            topic["topic"].removeprefix(self._prefix): sorted(
                TopicPartition(topic["topic"], partition["partition"]) for partition in topic["partitions"]
            )
            for topic in described
        }
        missing = [name for name, partitions in found.items() if not partitions]
        if missing:
            raise KeyError(missing[0])
        return found

    async def _bounds(self, partitions: list[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
        if not partitions:
            return {}, {}
        return await self._consumer.beginning_offsets(partitions), await self._consumer.end_offsets(partitions)

    async def _oldest_seconds(self, behind: Mapping[TopicPartition, int], end: Mapping[Any, int]) -> float:
        """Age of the oldest record at these places, one of each partition."""
        oldest = time.time() * 1000
        for tp, offset in behind.items():
            async for record in self._records({tp: offset}, {tp: end[tp]}):
                oldest = min(oldest, record.timestamp_ms)
                break
        return round(max(0.0, time.time() - oldest / 1000), 1)


def _reads(group: str, readers: tuple[str, ...]) -> bool:
    """A service's groups are called as it is, or begin so where it runs two consumers."""
    return any(group == reader or group.startswith(f"{reader}-") for reader in readers)


#: What reading may raise when Kafka is away.
BROKER_ERRORS = (KafkaError, OSError, TimeoutError)
