"""Runs a service's consumers, relay and jobs in one process, from start to a clean end.

Invariant: servers that are away at the start or later cost time, never the process; SIGTERM ends what is in hand,
commits, leaves the group, and lets go of the lease. A part that ends by a fault of ours ends the process, so that
whoever watches it starts it again.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from shared.errors import TransientError
from shared.messaging.consumer import Consumer, ConsumerSpec, full_names
from shared.messaging.kafka import make_broker, make_subscriber, reach_kafka
from shared.messaging.relay import Relay
from shared.observability.health import health_server
from shared.postgres.inbox import forget_old
from shared.postgres.pool import TRANSIENT_ERRORS, Pool, promptly
from shared.settings import CommonSettings, KafkaSettings, PostgresSettings

_log = structlog.get_logger()

#: Together with closing what is left it is five seconds: who watches the process kills it then.
DRAIN_SECONDS = 3.0
CLOSE_SECONDS = 1.0
CHECK_SECONDS = 0.7
#: A loop that has not come round for this long is stuck: a poll takes half a second, a batch has time limits.
STUCK_SECONDS = 120.0
RETRY_SECONDS = 1.0
FORGET_EVERY_SECONDS = 3600.0
AWAY = (KafkaError, TransientError, *TRANSIENT_ERRORS)


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
        unready: reasons of the service's own for which it cannot do its job now.
        failed: set when a part of the process ended by a fault; who runs the process ends it with an error.
    """

    service: str
    settings: ServiceSettings
    pool: Pool
    specs: Sequence[ConsumerSpec]
    jobs: Sequence[Job] = ()
    needs: tuple[str, ...] = ("broker", "database")
    unready: Callable[[], dict[str, str]] = dict
    relays: bool = True
    consumers: list[Consumer] = field(default_factory=list)
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    relay: Relay | None = None
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _broker: KafkaBroker | None = None

    async def start(self) -> None:
        """Begin; returns at once, whatever is away is waited for in the background."""
        if self.relays:
            self.relay = Relay(
                service=self.service,
                # Two processes never have one name: the second would work under the first one's lease.
                owner=f"{self.service}-{self.settings.replica}@{socket.gethostname()}",
                pool=self.pool,
                url=self.settings.database_url,
                settings=self.settings,
            )
            self._spawn("relay", self.relay.run())
            self._spawn("job.inbox", self._keep_running(Job("inbox", self._forget_old)))
        for job in self.jobs:
            self._spawn(f"job.{job.name}", self._keep_running(job))
        if self.specs:
            self._spawn("consumers", self._consume())

    async def stop(self) -> None:
        """Drain and end, in at most five seconds; whatever is left then is cancelled, and the inbox covers it."""
        self._stop.set()
        for consumer in self.consumers:
            consumer.stop()
        if self.relay is not None:
            self.relay.stop()
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            for task in late:
                _log.warning("not_drained", part=task.get_name())
                task.cancel()
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS / 2)
        if self._broker is not None:
            await _within(self._broker.stop(), CLOSE_SECONDS, "broker_not_closed")
        await _within(self.pool.close(), CLOSE_SECONDS / 2, "pool_not_closed")
        self.pool.terminate()

    async def run_until_signalled(self) -> bool:
        """Start, serve health, and stop on SIGTERM or SIGINT; false where a part of the process failed before."""
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, asked.set)
        server = health_server(self.settings.health_host, self.settings.health_port, self.healthy, self.ready)
        health = asyncio.create_task(server.serve())
        await self.start()
        _log.info("started", pid_of=self.service)
        waiting = [asyncio.create_task(asked.wait()), asyncio.create_task(self.failed.wait())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await self.stop()
        server.should_exit = True
        await health
        _log.info("stopped", failed=self.failed.is_set())
        return not self.failed.is_set()

    async def healthy(self) -> dict[str, str]:
        """Reasons for which this process should be ended and started again.

        A consumer that stopped after many dead letters is none: a start would only bury more.
        """
        reasons = {}
        for consumer in self.consumers:
            if not consumer.failure and time.monotonic() - consumer.last_batch_at > STUCK_SECONDS:
                reasons[consumer.spec.name] = "its loop is stuck"
        if self.failed.is_set():
            reasons["process"] = "a part of it has ended"
        return reasons

    async def ready(self) -> dict[str, str]:
        """Reasons for which this process cannot do its job now."""
        reasons = {c.spec.name: c.failure for c in self.consumers if c.failure}
        if self._stop.is_set():
            reasons["process"] = "stopping"
        reasons |= await self._needs_away()
        reasons |= self.unready()
        if not self.consumers and self.specs:
            reasons["consumers"] = "not started"
        for consumer in self.consumers:
            if consumer.listener.assignments == 0:
                reasons[consumer.spec.name] = "no partitions yet"
        return reasons

    async def _needs_away(self) -> dict[str, str]:
        """The servers that this service needs and that do not answer, asked at the same time."""
        asked = {"broker": self.broker_answers, "database": self.database_answers}
        wanted = [name for name in asked if name in self.needs]
        answers = await asyncio.gather(*(asked[name]() for name in wanted))
        return {name: "away" for name, answered in zip(wanted, answers, strict=True) if not answered}

    def leads(self) -> bool:
        """Whether this process is the one of its service that publishes."""
        return self.relay is not None and self.relay.holds_lease

    async def broker_answers(self) -> bool:
        """Does the broker answer in time for whoever asks to be answered within a second?"""
        if self._broker is None:
            return False
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return bool(await self._broker.ping(CHECK_SECONDS))
        except (TimeoutError, KafkaError, OSError):
            return False

    async def database_answers(self) -> bool:
        """The same of the database, also when it hangs."""
        try:
            return bool(await promptly(self.pool.fetchval("select 1"), CHECK_SECONDS))
        except TRANSIENT_ERRORS:
            return False

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"{self.service}.{name}")
        task.add_done_callback(self._note_end)
        self._tasks[name] = task

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (self._stop.is_set() and task.exception() is None):
            return
        error = task.exception()
        if error is not None:
            _log.error("part_failed", part=task.get_name(), reason=type(error).__name__, exc_info=error)
        elif self._has_stopped_consumer():
            return
        self.failed.set()

    def _has_stopped_consumer(self) -> bool:
        return any(consumer.failure for consumer in self.consumers)

    async def _consume(self) -> None:
        pairs = await self._started_consumers()
        async with asyncio.TaskGroup() as loops:
            for consumer, subscriber in pairs:
                loops.create_task(_run_one(consumer, subscriber), name=consumer.spec.name)

    async def _started_consumers(self) -> list[tuple[Consumer, Any]]:
        """Each consumer with its started subscriber, however long that takes; none where we are stopped before."""
        while not self._stop.is_set():
            broker = make_broker(self.settings)
            pairs = [self._consumer(broker, spec) for spec in self.specs]
            if await self._started(broker):
                self._broker = broker
                self.consumers = [consumer for consumer, _ in pairs]
                return [] if self._stop.is_set() else pairs
            await _within(broker.stop(), CLOSE_SECONDS, "broker_not_closed")
            await _pause(self._stop, RETRY_SECONDS)
        return []

    def _consumer(self, broker: KafkaBroker, spec: ConsumerSpec) -> tuple[Consumer, Any]:
        prefix = self.settings.kafka_topic_prefix
        consumer = Consumer(spec, self.pool, prefix, self.service)
        subscriber = make_subscriber(
            broker,
            full_names(prefix, spec.topics),
            prefix + spec.group,
            consumer.listener,
            self.settings.kafka_session_timeout_ms,
        )
        return consumer, subscriber

    async def _started(self, broker: KafkaBroker) -> bool:
        """Whether the broker could be started before we are stopped; it waits long where a topic is missing."""
        starting = asyncio.create_task(self._start_broker(broker))
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        try:
            # A start that is cancelled leaves its producer open, so it gets a moment to end by itself.
            await asyncio.wait_for(starting, None if starting.done() else CLOSE_SECONDS)
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("broker_away", reason=type(error).__name__)
            return False
        return True

    async def _start_broker(self, broker: KafkaBroker) -> None:
        await reach_kafka(self.settings)
        await broker.start()

    async def _keep_running(self, job: Job) -> None:
        """A job that meets a server that is away is begun again."""
        while not self._stop.is_set():
            try:
                await job.run(self._stop)
            except AWAY as error:
                _log.warning("job_waits", job=job.name, reason=type(error).__name__)
                await _pause(self._stop, RETRY_SECONDS)

    async def _forget_old(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await forget_old(self.pool)
            await _pause(stop, FORGET_EVERY_SECONDS)


async def _run_one(consumer: Consumer, subscriber: Any) -> None:
    """One consumer's loop; where it gives itself up it leaves its group, so that its partitions are not held."""
    await consumer.run(subscriber.consumer)
    if consumer.failure:
        _log.error("consumer_stopped", consumer=consumer.spec.name, reason=consumer.failure)
        await subscriber.stop()


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
