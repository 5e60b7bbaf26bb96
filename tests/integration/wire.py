"""A test's hold on Kafka: topics of its own, messages in, messages out, waited for with a deadline."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from pydantic import BaseModel

from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.topics import TOPICS
from shared.ids import new_id
from shared.messaging.provision import create_topics
from shared.messaging.records import Incoming, from_kafka, read
from shared.settings import KafkaSettings
from tests.support.waiting import PATIENCE_SECONDS

PARTITIONS = 3


class Wire:
    """Produces to and reads from a test's topics."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.settings = KafkaSettings(
            kafka_bootstrap_servers=bootstrap, kafka_topic_prefix=prefix, kafka_partitions=PARTITIONS
        )
        self.prefix = prefix
        self.seen: list[Incoming] = []
        self._producer: Any = None
        self._consumer: Any = None

    async def start(self, *topics: str, watch: tuple[str, ...]) -> None:
        """The topics exist; those of `watch` are read from their beginning."""
        dead = [n for n in TOPICS if n.endswith(".dead") and n.rsplit(".", 2)[0] in topics]
        names = dict.fromkeys([*topics, *watch, *dead])
        await create_topics(self.settings, [TOPICS[name] for name in names])
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers, acks="all", enable_idempotence=True
        )
        await self._producer.start()
        self._consumer = AIOKafkaConsumer(
            *(self.prefix + name for name in watch),
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await self._consumer.start()

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()
        if self._consumer is not None:
            await self._consumer.stop()

    async def send(
        self, body: Message, key: str, *, actor: str = "system:test", message_id: UUID | None = None, **more: Any
    ) -> Envelope:
        """Publish a message with an envelope of its own; returns the envelope."""
        identity = message_id or new_id()
        envelope = Envelope(
            id=identity,
            type=body.ce_type,
            source="/deskstream/test",
            time=more.pop("time", datetime.now(UTC)),
            subject=key,
            correlationid=more.pop("correlationid", identity),
            actor=actor,
            **more,
        )
        await self.send_raw(body.topic, key, body.model_dump_json().encode(), envelope.to_headers())
        return envelope

    async def send_raw(self, topic: str, key: str, value: bytes | None, headers: Any = ()) -> None:
        await self._producer.send_and_wait(self.prefix + topic, value, key.encode(), headers=list(headers))

    async def partition_of(self, topic: str, key: str) -> int:
        """Which of the topic's partitions a key's records stand on."""
        partitions = sorted(await self._producer.partitions_for(self.prefix + topic))
        return int(DefaultPartitioner()(key.encode(), partitions, partitions))

    async def poll(self) -> None:
        found = await self._consumer.getmany(timeout_ms=100)
        for records in found.values():
            for record in records:
                message = read(from_kafka(record, self.prefix)) if not record.topic.endswith(".dead") else None
                if message is not None:
                    self.seen.append(message)

    async def wait_for(
        self, kind: type[BaseModel], where: Callable[[Any], bool] = lambda _: True, count: int = 1
    ) -> list[Incoming]:
        """The first `count` messages of a kind whose body fits; waits for them.

        Raises:
            AssertionError: they did not come in time; says what came.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            fitting = [m for m in self.seen if isinstance(m.body, kind) and where(m.body)]
            if len(fitting) >= count:
                return fitting
            if asyncio.get_running_loop().time() > deadline:
                kinds = [type(m.body).__name__ for m in self.seen]
                raise AssertionError(
                    f"{len(fitting)} of {count} {kind.__name__} in {PATIENCE_SECONDS:.0f} s; came: {kinds}"
                )
            await self.poll()

    async def settle(self, seconds: float = 1.0) -> None:
        """Read until nothing has come for a while: for asserting that something did not come twice."""
        loop = asyncio.get_running_loop()
        quiet_since = loop.time()
        while loop.time() - quiet_since < seconds:
            before = len(self.seen)
            await self.poll()
            if len(self.seen) != before:
                quiet_since = loop.time()


def service_settings(model: type[Any], wire: Wire, url: str, folder: Path, **more: Any) -> Any:
    """A service's settings for a test: its topics, its database, blobs in a folder."""
    secret = folder / "secret"
    if not secret.exists():
        secret.write_text("ab" * 32)
    return model(
        **wire.settings.model_dump(),
        database_url=url,
        blob_url=f"file://{folder}/blobs",
        public_url="http://127.0.0.1:8080",
        secret_file=secret,
        mail_domain="desk.example",
        health_port=0,
        **more,
    )
