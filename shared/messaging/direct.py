"""An acknowledged produce, for doors: the answer to the sender is given only after it.

Invariant: `produce` returns only when the broker has the record under `acks=all`; otherwise it raises within its time
limit, and whoever asked answers "try later". A record that was given up may still arrive: ids make that harmless.

While the broker is away nobody waits for the limit: one asks for all whether it is back.
"""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.away import Away
from shared.contracts.envelope import Headers
from shared.errors import TransientError
from shared.messaging.kafka import close_producer, reach_kafka, start_producer
from shared.settings import KafkaSettings

START_SECONDS = 10.0
#: A broker that takes longer is looked at: one whose port is closed will not answer however long one waits.
LOOK_SECONDS = 0.4
HANG_UP_SECONDS = 0.1


class DirectProducer:
    """One idempotent producer a process, made again after an error that it cannot survive."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._away = Away(lambda: reach_kafka(settings), (KafkaError, OSError))

    @property
    def is_away(self) -> bool:
        """Whether the broker is known to be away: `produce` refuses at once until it has answered again."""
        return self._away.is_away

    async def produce(self, topic: str, key: str, value: bytes, headers: Headers, timeout_seconds: float = 3) -> None:
        """The record is on the log.

        Raises:
            TransientError: the broker did not acknowledge in time, or is known to be away.
        """
        if self.is_away:
            raise TransientError("the broker is away")
        sending = asyncio.ensure_future(self._send(topic, key, value, headers))
        try:
            async with asyncio.timeout(timeout_seconds):
                await asyncio.wait({sending}, timeout=LOOK_SECONDS)
                if not sending.done() and await self._port_is_closed():
                    raise TransientError("nothing listens at the broker's port")
                await sending
        except TimeoutError as error:
            raise TransientError(f"no acknowledgement in {timeout_seconds} s") from error
        except KafkaError as error:
            await self._drop(seconds=0.5)
            raise TransientError(f"the broker did not take it: {type(error).__name__}") from error
        finally:
            if not sending.done():
                sending.cancel()
            if sending.cancelled() or not sending.done() or sending.exception() is not None:
                self._away.suspect()

    async def _send(self, topic: str, key: str, value: bytes, headers: Headers) -> None:
        producer = await self._started()
        name = self._settings.kafka_topic_prefix + topic
        await (await producer.send(name, value, key.encode(), headers=list(headers)))

    async def _port_is_closed(self) -> bool:
        """Whether every broker's port refuses, or hangs up at once as a proxy does; silence is no proof of anything."""
        for place in self._settings.kafka_bootstrap_servers.split(","):
            host, _, port = place.strip().rpartition(":")
            if await _answers(host.strip("[]"), int(port)):
                return False
        return True

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = await start_producer(self._settings, START_SECONDS)
            return self._producer

    async def close(self, seconds: float = 2) -> None:
        """Let go of the producer; what it has not sent by then is given up."""
        await self._away.close()
        await self._drop(seconds)

    async def _drop(self, seconds: float) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await close_producer(producer, seconds)


async def _answers(host: str, port: int) -> bool:
    """Whether somebody may be there: Kafka takes a connection and says nothing before it is asked."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    try:
        return bool(await asyncio.wait_for(reader.read(1), HANG_UP_SECONDS))
    except TimeoutError:
        return True
    except ConnectionError:
        return False
    finally:
        writer.close()
