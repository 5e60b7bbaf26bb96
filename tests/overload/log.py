"""The log as these parts need it: put records where they are wanted, and see how far a group is."""

import asyncio
import time
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts.envelope import Headers
from tests.chaos.servers import NotReadyError

LOOK_SECONDS = 0.02


class Log:
    """A producer and an administrator of one broker."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)

    async def __aenter__(self) -> Self:
        await self._producer.start()
        await self._admin.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()
        await self._admin.close()

    async def put(
        self, topic: str, partition: int, key: bytes, value: bytes | None, headers: Headers = ()
    ) -> tuple[int, float]:
        """A record is on the log; returns its offset, and when the broker said so."""
        sent = await self._producer.send_and_wait(topic, value, key, partition=partition, headers=list(headers))
        return sent.offset, time.monotonic()

    async def committed(self, group: str, topic: str, partition: int) -> int:
        """Where a group reads a partition on; 0 where it never said."""
        place = TopicPartition(topic, partition)
        found = await self._admin.list_consumer_group_offsets(group, partitions=[place])
        return max(0, int(found[place].offset)) if place in found else 0

    async def passed(self, group: str, topic: str, partition: int, offset: int, seconds: float) -> float:
        """The moment at which a group had an offset behind it.

        Raises:
            NotReadyError: it had not in time.
        """
        deadline = time.monotonic() + seconds
        while await self.committed(group, topic, partition) <= offset:
            if time.monotonic() > deadline:
                raise NotReadyError(f"{group} did not get past {topic}[{partition}]@{offset} in {seconds:g} s")
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic()
