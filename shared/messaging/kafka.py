"""Every Kafka setting of ours, in one place; the libraries' defaults lose mail.

FastStream commits by itself and starts at the end of a topic unless told otherwise; aiokafka's producer answers after
one acknowledgement. Both are set here and nowhere else.
"""

from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from shared.settings import KafkaSettings

SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_INTERVAL_MS = 1_500
REBALANCE_TIMEOUT_MS = 30_000
MAX_POLL_INTERVAL_MS = 300_000
MAX_RECORDS = 500
POLL_MS = 500
MAX_REQUEST_BYTES = 1_048_576


def make_broker(settings: KafkaSettings) -> KafkaBroker:
    """A broker that creates no topics and loses nothing; start it with `start_with_patience`."""
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
) -> Any:
    """A subscriber without a handler: FastStream starts, stops and secures its consumer, the loop is ours."""
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
            "session_timeout_ms": SESSION_TIMEOUT_MS,
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
