"""The relay: publishes what the service has said, in order, and forgets it after the broker's answer.

Invariants:
- It takes all that is unpublished, never "id greater than the last": a late commit with a lower id would be lost.
- One relay a service works at a time, by a lease that expires; a zombie at worst repeats, and readers drop repeats.
- A row is deleted only after the broker has acknowledged it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from shared.crashpoint import crashpoint
from shared.messaging.kafka import close_producer, start_producer
from shared.messaging.outbox import CHANNEL, unpack
from shared.messaging.publish import publish
from shared.observability.metrics import OUTBOX_AGE, OUTBOX_DEPTH, PUBLISHED
from shared.postgres import lease
from shared.postgres.pool import TRANSIENT_ERRORS, Pool
from shared.settings import KafkaSettings

_log = structlog.get_logger()

CHUNK = 500
#: The wait between looks when no commit wakes us: only a lost notification needs it.
POLL_SECONDS = 1.0
#: Together with the age at which a lease is renewed it stays under the lease's own: nobody publishes after its end.
PUBLISH_SECONDS = 8.0
OBSERVE_SECONDS = 5.0

_NEXT = "select id, topic, key, value, headers from outbox order by id limit $1"
_DELETE = "delete from outbox where id = any($1)"
_DEPTH = "select count(*) as depth, coalesce(extract(epoch from now() - min(written_at)), 0)::float as age from outbox"
_NEVER = float("-inf")


class Relay:
    """Publishes one service's outbox until stopped."""

    def __init__(self, *, service: str, owner: str, pool: Pool, url: SecretStr, settings: KafkaSettings) -> None:
        self._lease_name = f"relay.{service}"
        self._owner = owner
        self._pool = pool
        self._url = url
        self._settings = settings
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._renewed_at = _NEVER
        self._refused_at = _NEVER
        self._observed_at = _NEVER
        self._producer: AIOKafkaProducer | None = None

    @property
    def holds_lease(self) -> bool:
        """Whether this process is the one that publishes, as far as it can know without asking."""
        return time.monotonic() - self._renewed_at < lease.LEASE_SECONDS

    async def run(self) -> None:
        """Publish until `stop`; servers that are away cost time, nothing else."""
        listener: asyncpg.Connection | None = None
        try:
            while not self._stop.is_set():
                try:
                    if listener is None or listener.is_closed():
                        listener = await self._listen()
                    await self._work_until_idle()
                    await _within(self._wake.wait(), POLL_SECONDS)
                except (KafkaError, *TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
                    _log.warning("relay_waits", reason=type(error).__name__)
                    await self._drop_producer()
                    # Not until woken: commits go on while the broker is away, and would not let us rest.
                    await _within(self._stop.wait(), POLL_SECONDS)
        finally:
            await self._finish(listener)

    def stop(self) -> None:
        """End after the chunk in hand."""
        self._stop.set()
        self._wake.set()

    async def _listen(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self._url.get_secret_value(), timeout=5)
        user = await connection.fetchval("select current_user")
        await connection.add_listener(f"{CHANNEL}_{user}", lambda *_: self._wake.set())
        return connection

    async def _work_until_idle(self) -> None:
        self._wake.clear()
        while not self._stop.is_set() and await self._hold_lease() and await self._publish_chunk():
            await self._observe()
        if self.holds_lease:
            await self._observe()

    async def _hold_lease(self) -> bool:
        """Whether the lease is ours; asked when ours grows old, and once in a while when it is another's."""
        now = time.monotonic()
        if now - self._renewed_at < lease.RENEW_SECONDS:
            return True
        if now - self._refused_at < POLL_SECONDS:
            return False
        async with self._pool.acquire() as connection:
            held = await lease.take(connection, self._lease_name, self._owner)
        if held and not self.holds_lease:
            _log.info("relay_leads", owner=self._owner)
        self._renewed_at, self._refused_at = (now, _NEVER) if held else (_NEVER, now)
        return held

    async def _publish_chunk(self) -> bool:
        """Publish the oldest rows; true when there may be more that nobody wakes us for.

        What is committed after this look wakes us, so a chunk that is not full was all there is to look for.
        """
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_NEXT, CHUNK)
        if not rows:
            return False
        producer = await self._started()
        if time.monotonic() - self._renewed_at > lease.LEASE_SECONDS - PUBLISH_SECONDS:
            return True  # starting, or being stopped and woken, took long: ask for the lease again first
        prefix = self._settings.kafka_topic_prefix
        async with asyncio.timeout(PUBLISH_SECONDS):
            await publish(producer, [(prefix + r["topic"], r["key"], r["value"], unpack(r["headers"])) for r in rows])
        crashpoint("relay.after_answer")
        async with self._pool.acquire() as connection:
            await connection.execute(_DELETE, [row["id"] for row in rows])
        crashpoint("relay.after_delete")
        for topic, count in Counter(row["topic"] for row in rows).items():
            PUBLISHED.labels(topic).inc(count)
        return len(rows) == CHUNK

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = await start_producer(self._settings, PUBLISH_SECONDS)
        return self._producer

    async def _drop_producer(self) -> None:
        """An idempotent producer may be stuck after an error; a new one sends from the outbox again."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await close_producer(producer, seconds=1)

    async def _observe(self) -> None:
        """Tell how much waits, now and then: counting a long queue takes time."""
        now = time.monotonic()
        if now - self._observed_at < OBSERVE_SECONDS:
            return
        self._observed_at = now
        async with self._pool.acquire() as connection:
            (row,) = await connection.fetch(_DEPTH)
        OUTBOX_DEPTH.set(row["depth"])
        OUTBOX_AGE.set(row["age"])

    async def _finish(self, listener: asyncpg.Connection | None) -> None:
        await self._drop_producer()
        try:
            if listener is not None:
                await listener.close(timeout=1)
            if self.holds_lease:
                async with self._pool.acquire(timeout=1) as connection:
                    await lease.give_back(connection, self._lease_name, self._owner)
        except (*TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
            _log.warning("lease_not_given_back", reason=type(error).__name__)


async def _within(event: Coroutine[Any, Any, Any], seconds: float) -> None:
    """Wait for it, at most so long."""
    try:
        await asyncio.wait_for(event, seconds)
    except TimeoutError:
        return
