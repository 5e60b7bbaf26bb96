"""Makes the topics of the registry and says where Kafka differs from it.

Invariant: run before any service; services never create a topic, and wait where one is missing.
"""

import asyncio
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from shared.contracts.topics import TOPICS, Topic
from shared.errors import TransientError
from shared.settings import KafkaSettings

_HOUR_MS = 60 * 60 * 1000
START_SECONDS = 60.0


async def create_topics(settings: KafkaSettings, topics: Iterable[Topic] = TOPICS.values()) -> list[str]:
    """Every topic of the registry exists and consumer groups can form.

    Args:
        settings: where Kafka is, the prefix, how many partitions and copies.
        topics: the registry's, or a part of it for a test.

    Returns:
        Sentences about topics that differ from the registry (drift); none when all is as declared.

    Raises:
        TransientError: the broker does not answer within a minute.
    """
    wanted = list(topics)
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers, request_timeout_ms=10_000)
        try:
            await admin.start()
            await _create(admin, settings, wanted)
            await _warm_up(admin)
            return await _drift(admin, settings, wanted)
        except (KafkaError, OSError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise TransientError(f"Kafka at {settings.kafka_bootstrap_servers} does not answer: {error}") from error
            await asyncio.sleep(0.2)
        finally:
            await admin.close()


def configuration(topic: Topic, replication: int) -> dict[str, str]:
    """A topic's settings on Kafka."""
    found = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(topic.max_record_bytes),
    }
    if topic.compacted:
        found["min.compaction.lag.ms"] = str(_HOUR_MS)
    if topic.flush_each and replication == 1:
        found["flush.messages"] = "1"
    if replication > 1:
        found["min.insync.replicas"] = "2"
    return found


async def _create(admin: AIOKafkaAdminClient, settings: KafkaSettings, topics: list[Topic]) -> None:
    existing = set(await admin.list_topics())
    missing = [t for t in topics if settings.kafka_topic_prefix + t.name not in existing]
    if not missing:
        return
    made = [
        NewTopic(
            name=settings.kafka_topic_prefix + topic.name,
            num_partitions=settings.kafka_partitions if topic.partitioned else 1,
            replication_factor=settings.kafka_replication,
            topic_configs=configuration(topic, settings.kafka_replication),
        )
        for topic in missing
    ]
    try:
        await admin.create_topics(made)
    except TopicAlreadyExistsError:
        return  # another provisioner was faster


async def _warm_up(admin: AIOKafkaAdminClient) -> None:
    """The first group on a new cluster waits for the offsets topic; asking for a coordinator makes it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_SECONDS
    while True:
        try:
            await admin.find_coordinator("warmup")
        except KafkaError as error:
            if loop.time() > deadline:
                raise TransientError(f"no group coordinator after {START_SECONDS:.0f} seconds") from error
            await asyncio.sleep(0.1)
        else:
            return


async def _drift(admin: AIOKafkaAdminClient, settings: KafkaSettings, topics: list[Topic]) -> list[str]:
    names = {settings.kafka_topic_prefix + topic.name: topic for topic in topics}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    described = {t["topic"]: t for t in await admin.describe_topics(list(names))}
    found: list[str] = []
    for name, topic in names.items():
        partitions = len(described.get(name, {}).get("partitions", ()))
        expected = settings.kafka_partitions if topic.partitioned else 1
        if partitions != expected:
            found.append(f"{name} has {partitions} partitions, the registry says {expected}")
    for answer in await admin.describe_configs(resources):
        for _code, _message, _kind, name, entries in answer.resources:
            values = {entry[0]: entry[1] for entry in entries}
            for key, value in configuration(names[name], settings.kafka_replication).items():
                if values.get(key) != value:
                    found.append(f"{name}: {key} is {values.get(key)}, the registry says {value}")
    return found
