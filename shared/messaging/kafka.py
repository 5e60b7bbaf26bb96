"""Every Kafka setting of ours, in one place; the libraries' defaults lose mail.

FastStream commits by itself and starts at the end of a topic unless told otherwise; aiokafka's producer answers after
one acknowledgement. Both are set here and nowhere else.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.client import AIOKafkaClient
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from shared.settings import KafkaSettings

_log = structlog.get_logger()

HEARTBEAT_INTERVAL_MS = 1_500
REBALANCE_TIMEOUT_MS = 30_000
MAX_POLL_INTERVAL_MS = 300_000
MAX_RECORDS = 500
POLL_MS = 500
MAX_REQUEST_BYTES = 1_048_576


async def reach_kafka(settings: KafkaSettings) -> None:
    """Kafka answers. Asked before a broker is started, whose failed start would leave a producer open each time.

    Raises:
        KafkaError: it does not.
    """
    client = AIOKafkaClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    try:
        await client.bootstrap()
    finally:
        await client.close()


def make_broker(settings: KafkaSettings) -> KafkaBroker:
    """A broker that creates no topics and loses nothing; start it after `reach_kafka`."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=131_072,
        max_request_size=MAX_REQUEST_BYTES,
        request_timeout_ms=40_000,
        allow_auto_create_topics=False,
        graceful_timeout=5,
        logger=None,
    )


def make_subscriber(
    broker: KafkaBroker,
    topics: Iterable[str],
    group: str | None,
    listener: ConsumerRebalanceListener | None,
    session_timeout_ms: int = 10_000,
) -> Any:
    """A subscriber without a handler: FastStream starts, stops and secures its consumer, the loop is ours.

    Args:
        broker: not started yet.
        topics: as they are on Kafka.
        group: none for a reader that follows from the end and commits nothing.
        listener: of the group's rebalances.
        session_timeout_ms: after so long a silence a member's partitions go to another.
    """
    settings: dict[str, Any] = {
        "auto_offset_reset": "earliest" if group else "latest",
        "fetch_max_wait_ms": 100,
        "max_partition_fetch_bytes": 1_048_576,
        "include_in_schema": False,
    }
    if group:
        settings |= {
            "group_id": group,
            "ack_policy": AckPolicy.MANUAL,
            "partition_assignment_strategy": (StickyPartitionAssignor,),
            "session_timeout_ms": session_timeout_ms,
            "heartbeat_interval_ms": HEARTBEAT_INTERVAL_MS,
            "rebalance_timeout_ms": REBALANCE_TIMEOUT_MS,
            "max_poll_interval_ms": MAX_POLL_INTERVAL_MS,
            "listener": listener,
        }
    return broker.subscriber(*topics, **settings)


def make_producer(settings: KafkaSettings) -> AIOKafkaProducer:
    """An idempotent producer whose answer means: every replica has it."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=131_072,
        max_request_size=MAX_REQUEST_BYTES,
        request_timeout_ms=40_000,
    )


async def close_producer(producer: AIOKafkaProducer, seconds: float = 2) -> None:
    """The producer is closed: what the broker takes in time is sent, the rest never will be.

    aiokafka's own `stop` waits for ever while the broker is away, and where it is cancelled its sender lives on and
    may deliver hours later, when newer records stand on the topic. So the sender is ended here, and nothing is awaited
    that only a broker could end.
    """
    sender: asyncio.Task[None] | None = producer._sender.sender_task  # noqa: SLF001 - see above
    try:
        if sender is not None and not sender.done():
            await asyncio.wait_for(producer.flush(), seconds)
    except (KafkaError, OSError, TimeoutError) as error:
        _log.warning("producer_not_flushed", reason=type(error).__name__)
    if sender is not None:
        sender.cancel()
    try:
        await asyncio.wait_for(producer.client.close(), seconds)
    except (KafkaError, OSError, TimeoutError) as error:
        _log.warning("producer_not_closed", reason=type(error).__name__)
    if sender is not None:
        await asyncio.wait([sender], timeout=seconds)
    producer._closed = True  # noqa: SLF001 - there is nothing left for its finaliser to warn of


async def start_producer(settings: KafkaSettings, seconds: float) -> AIOKafkaProducer:
    """A producer that has spoken with the broker.

    Raises:
        KafkaError: the broker does not answer.
        TimeoutError: it did not in time.
    """
    producer = make_producer(settings)
    try:
        await asyncio.wait_for(producer.start(), seconds)
    except BaseException:
        await close_producer(producer)
        raise
    return producer
