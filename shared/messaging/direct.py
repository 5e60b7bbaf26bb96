"""An acknowledged produce, for doors: the answer to the sender is given only after it.

Invariant: `produce` returns only when the broker has the record under `acks=all`; otherwise it raises within its time
limit, and whoever asked answers "try later". A record that was given up may still arrive: ids make that harmless.
"""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts.envelope import Headers
from shared.errors import TransientError
from shared.messaging.kafka import close_producer, start_producer
from shared.settings import KafkaSettings

START_SECONDS = 10.0


class DirectProducer:
    """One idempotent producer a process, made again after an error that it cannot survive."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def produce(self, topic: str, key: str, value: bytes, headers: Headers, timeout_seconds: float = 3) -> None:
        """The record is on the log.

        Raises:
            TransientError: the broker did not acknowledge in time.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                producer = await self._started()
                name = self._settings.kafka_topic_prefix + topic
                await (await producer.send(name, value, key.encode(), headers=list(headers)))
        except TimeoutError as error:
            raise TransientError(f"no acknowledgement in {timeout_seconds} s") from error
        except KafkaError as error:
            await self.close(seconds=0.5)
            raise TransientError(f"the broker did not take it: {type(error).__name__}") from error

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = await start_producer(self._settings, START_SECONDS)
            return self._producer

    async def close(self, seconds: float = 2) -> None:
        """Let go of the producer; what it has not sent by then is given up."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await close_producer(producer, seconds)
