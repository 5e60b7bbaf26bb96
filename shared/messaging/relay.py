"""The relay: publishes what the service has said, in order, and forgets it after the broker's answer.

Invariants:
- It takes all that is unpublished, never "id greater than the last": a late commit with a lower id would be lost.
- One relay a service works at a time, by a lease that expires; a zombie at worst repeats, and readers drop repeats.
- A row is deleted only after the broker has acknowledged it.
"""

import asyncio
import time

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from shared.crashpoint import crashpoint
from shared.messaging.kafka import make_producer
from shared.messaging.outbox import CHANNEL, unpack_headers
from shared.observability.metrics import OUTBOX_AGE, OUTBOX_DEPTH, PUBLISHED
from shared.postgres import lease
from shared.postgres.pool import TRANSIENT_ERRORS, Pool
from shared.settings import KafkaSettings

_log = structlog.get_logger()

CHUNK = 500
#: The wait between looks when no commit wakes us: only a lost notification needs it.
POLL_SECONDS = 1.0
PUBLISH_SECONDS = 10.0

_NEXT = "select id, topic, key, value, headers, written_at from outbox order by id limit $1"
_DELETE = "delete from outbox where id = any($1)"
_DEPTH = "select count(*) as depth, coalesce(extract(epoch from now() - min(written_at)), 0)::float as age from outbox"


class Relay:
    """Publishes one service's outbox until stopped."""

    def __init__(self, *, service: str, owner: str, pool: Pool, url: SecretStr, settings: KafkaSettings) -> None:
        self._lease_name = f"relay.{service}"
        self._owner = owner
        self._pool = pool
        self._url = url
        self._settings = settings
        self._wake = asyncio.Event()
        self._stopping = False
        self._renewed_at = -lease.LEASE_SECONDS * 1.0
        self._producer: AIOKafkaProducer | None = None

    async def run(self) -> None:
        """Publish until `stop`; servers that are away cost time, nothing else."""
        listener: asyncpg.Connection | None = None
        while not self._stopping:
            try:
                if listener is None or listener.is_closed():
                    listener = await self._listen()
                await self._work_until_idle()
                await self._sleep(POLL_SECONDS)
            except (KafkaError, *TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
                _log.warning("relay_waits", reason=f"{type(error).__name__}: {error}"[:200])
                await self._drop_producer()
                await self._sleep(POLL_SECONDS)
        await self._finish(listener)

    def stop(self) -> None:
        """End after the chunk in hand."""
        self._stopping = True
        self._wake.set()

    async def _listen(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self._url.get_secret_value(), timeout=5)
        await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
        return connection

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def _work_until_idle(self) -> None:
        self._wake.clear()
        if not await self._hold_lease():
            return
        while not self._stopping and await self._publish_chunk():
            if not await self._hold_lease():
                return
        await self._observe()

    async def _hold_lease(self) -> bool:
        if time.monotonic() - self._renewed_at < lease.RENEW_SECONDS:
            return True
        async with self._pool.acquire() as connection:
            held = await lease.take(connection, self._lease_name, self._owner)
        self._renewed_at = time.monotonic() if held else -lease.LEASE_SECONDS * 1.0
        return held

    async def _publish_chunk(self) -> bool:
        """Publish the oldest rows; true when there may be more."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_NEXT, CHUNK)
        if not rows:
            return False
        producer = await self._started()
        prefix = self._settings.kafka_topic_prefix
        async with asyncio.timeout(PUBLISH_SECONDS):
            answers = [
                await producer.send(prefix + r["topic"], r["value"], r["key"], headers=unpack_headers(r["headers"]))
                for r in rows
            ]
            await asyncio.gather(*answers)
        crashpoint("relay.after_answer")
        async with self._pool.acquire() as connection:
            await connection.execute(_DELETE, [row["id"] for row in rows])
        crashpoint("relay.after_delete")
        for row in rows:
            PUBLISHED.labels(row["topic"]).inc()
        return True

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = make_producer(self._settings)
            try:
                await asyncio.wait_for(producer.start(), PUBLISH_SECONDS)
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        """An idempotent producer may be stuck after an error; a new one sends from the outbox again."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), 2)
            except (KafkaError, TimeoutError) as error:
                _log.warning("producer_not_closed", reason=type(error).__name__)

    async def _observe(self) -> None:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_DEPTH)
        if row is not None:
            OUTBOX_DEPTH.set(row["depth"])
            OUTBOX_AGE.set(row["age"])

    async def _finish(self, listener: "asyncpg.Connection | None") -> None:
        await self._drop_producer()
        try:
            if listener is not None:
                await listener.close(timeout=1)
            async with self._pool.acquire(timeout=1) as connection:
                await lease.give_back(connection, self._lease_name, self._owner)
        except (*TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
            _log.warning("lease_not_given_back", reason=type(error).__name__)
