"""Runs a service's consumers, relay and jobs in one process, from start to a clean end.

Invariant: servers that are away at the start or later cost time, never the process; SIGTERM ends what is in hand,
commits, leaves the group, and lets go of the lease.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from shared.messaging.consumer import Consumer, ConsumerSpec, full_names
from shared.messaging.kafka import make_broker, make_subscriber
from shared.messaging.relay import Relay
from shared.observability.health import health_server
from shared.postgres.pool import TRANSIENT_ERRORS, Pool
from shared.settings import CommonSettings, KafkaSettings, PostgresSettings

_log = structlog.get_logger()

DRAIN_SECONDS = 6.0
CHECK_SECONDS = 1.0
#: A loop that has not come round for this long is stuck: a poll takes half a second, a batch has time limits.
STUCK_SECONDS = 120.0


class ServiceSettings(KafkaSettings, PostgresSettings, CommonSettings):
    """What every service is told; its own class adds to it."""


@dataclass
class Job:
    """Something that runs beside the consumers until `stop` is set."""

    name: str
    run: Callable[[asyncio.Event], Awaitable[None]]


@dataclass
class Host:
    """One service's process.

    Attributes:
        needs: what readiness asks for: ``broker``, ``database``.
    """

    service: str
    settings: ServiceSettings
    pool: Pool
    specs: Sequence[ConsumerSpec]
    jobs: Sequence[Job] = ()
    needs: tuple[str, ...] = ("broker", "database")
    relays: bool = True
    consumers: list[Consumer] = field(default_factory=list)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _broker: KafkaBroker | None = None
    _relay: Relay | None = None
    _failed: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Begin; returns at once, whatever is away is waited for in the background."""
        owner = f"{self.service}-{self.settings.replica}"
        if self.relays:
            self._relay = Relay(
                service=self.service,
                owner=owner,
                pool=self.pool,
                url=self.settings.database_url,
                settings=self.settings,
            )
            self._spawn("relay", self._relay.run())
        for job in self.jobs:
            self._spawn(f"job.{job.name}", self._keep_running(job))
        if self.specs:
            self._spawn("consumers", self._consume())

    async def stop(self) -> None:
        """Drain and end, in at most `DRAIN_SECONDS`; then whatever is left is cancelled, and the inbox covers it."""
        self._stop.set()
        for consumer in self.consumers:
            consumer.stop()
        if self._relay is not None:
            self._relay.stop()
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._broker is not None:
            await _within(self._broker.stop(), 3, "broker_not_closed")
        await _within(self.pool.close(), 2, "pool_not_closed")

    async def run_until_signalled(self) -> None:
        """Start, serve health, and stop on SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, asked.set)
        server = health_server(self.settings.health_host, self.settings.health_port, self.healthy, self.ready)
        health = asyncio.create_task(server.serve())
        await self.start()
        _log.info("started", pid_of=self.service)
        waiting = [asyncio.create_task(asked.wait()), asyncio.create_task(self._failed.wait())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await self.stop()
        server.should_exit = True
        await health
        _log.info("stopped")

    async def healthy(self) -> dict[str, str]:
        """Reasons for which this process should be ended and started again."""
        reasons = {}
        for consumer in self.consumers:
            if time.monotonic() - consumer.last_batch_at > STUCK_SECONDS:
                reasons[consumer.spec.name] = "its loop is stuck"
        for name, task in self._tasks.items():
            if task.done() and not self._stop.is_set() and not self._consumer_failures():
                reasons[name] = "it has ended"
        return reasons

    async def ready(self) -> dict[str, str]:
        """Reasons for which this process cannot do its job now."""
        reasons = dict(self._consumer_failures())
        if self._stop.is_set():
            reasons["process"] = "stopping"
        if "broker" in self.needs and not await self.broker_answers():
            reasons["broker"] = "away"
        if "database" in self.needs and not await self.database_answers():
            reasons["database"] = "away"
        if not self.consumers and self.specs:
            reasons["consumers"] = "not started"
        for consumer in self.consumers:
            if consumer.listener.assignments == 0:
                reasons[consumer.spec.name] = "no partitions yet"
        return reasons

    def _consumer_failures(self) -> dict[str, str]:
        return {c.spec.name: c.failure for c in self.consumers if c.failure}

    async def broker_answers(self) -> bool:
        """Does the broker answer within a second?"""
        if self._broker is None:
            return False
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return bool(await self._broker.ping(CHECK_SECONDS))
        except (TimeoutError, KafkaError, OSError):
            return False

    async def database_answers(self) -> bool:
        """Does the database answer within a second?"""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return bool(await self.pool.fetchval("select 1"))
        except TRANSIENT_ERRORS:
            return False

    def _spawn(self, name: str, work: Any) -> None:
        self._tasks[name] = asyncio.create_task(work, name=f"{self.service}.{name}")

    async def _consume(self) -> None:
        broker = await self._started_broker()
        if broker is None:
            return
        loops = [asyncio.create_task(c.run(s.consumer), name=c.spec.name) for c, s in self._pairs]
        done, rest = await asyncio.wait(loops, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            error = task.exception()
            if error is not None:
                _log.error("consumer_ended", reason=repr(error)[:500], exc_info=error)
                self._failed.set()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _started_broker(self) -> KafkaBroker | None:
        """A broker with a subscriber for each spec, started however long that takes."""
        while not self._stop.is_set():
            broker = make_broker(self.settings)
            self._pairs: list[tuple[Consumer, Any]] = []
            for spec in self.specs:
                prefix = self.settings.kafka_topic_prefix
                consumer = Consumer(spec, self.pool, prefix)
                topics = full_names(prefix, spec.topics)
                subscriber = make_subscriber(broker, topics, prefix + spec.group, consumer.listener)
                self._pairs.append((consumer, subscriber))
            try:
                await broker.start()
            except (KafkaError, OSError) as error:
                _log.warning("broker_away", reason=type(error).__name__)
                await _within(broker.stop(), 3, "broker_not_closed")
                await _pause(self._stop, 1.0)
                continue
            self._broker = broker
            self.consumers = [consumer for consumer, _ in self._pairs]
            return broker
        return None

    async def _keep_running(self, job: Job) -> None:
        """A job that meets a server that is away is begun again."""
        while not self._stop.is_set():
            try:
                await job.run(self._stop)
            except TRANSIENT_ERRORS as error:
                _log.warning("job_waits", job=job.name, reason=f"{type(error).__name__}: {error}"[:200])
                await _pause(self._stop, 1.0)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _within(work: Awaitable[Any], seconds: float, name: str) -> None:
    try:
        await asyncio.wait_for(work, seconds)
    except (TimeoutError, KafkaError, OSError) as error:
        _log.warning(name, reason=type(error).__name__)
