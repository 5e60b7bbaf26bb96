"""An acknowledged produce, for doors: the answer to the sender is given only after it.

Invariant: `produce` returns only when the broker has the record under `acks=all`; otherwise it raises within its time
limit, and whoever asked answers "try later". A record that was given up may still arrive: ids make that harmless.
"""

import asyncio

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts.envelope import Headers
from shared.errors import TransientError
from shared.messaging.kafka import make_producer
from shared.settings import KafkaSettings

_log = structlog.get_logger()


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
            await self.close()
            raise TransientError(f"the broker did not take it: {type(error).__name__}") from error

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = make_producer(self._settings)
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def close(self) -> None:
        """Let go of the producer; what it had not sent is given up after two seconds."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), 2)
            except (TimeoutError, KafkaError) as error:
                _log.warning("producer_not_closed", reason=type(error).__name__)
