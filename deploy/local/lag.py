"""How far each service is behind: records on the topics it reads that its group has not committed."""

import asyncio
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.contracts.topics import TOPICS

Offsets = Mapping[TopicPartition, int]
PATIENCE_SECONDS = 5.0


async def lag_by_service(bootstrap_servers: str, prefix: str, services: list[str]) -> dict[str, int | None]:
    """Records behind, for each service; None for all when the broker does not answer.

    Args:
        bootstrap_servers: Of the broker.
        prefix: Of the desk's topics and groups.
        services: Their names; a service's groups are called so, or begin so.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await admin.start()
            await consumer.start()
            groups = [group for group, _ in await admin.list_consumer_groups()]
            return {service: await lag_of(admin, consumer, prefix, service, groups) for service in services}
    except (KafkaError, OSError, TimeoutError):
        return dict.fromkeys(services)
    finally:
        await consumer.stop()
        await admin.close()


async def lag_of(
    admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, prefix: str, service: str, groups: list[str]
) -> int:
    """Records behind of one service over all topics that the registry says it reads."""
    read = [prefix + topic.name for topic in TOPICS.values() if service in topic.readers]
    described = await admin.describe_topics(read)
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]
    committed: dict[TopicPartition, int] = {}
    for group in groups:
        if group == prefix + service or group.startswith(f"{prefix}{service}-"):
            for where, offset in (await admin.list_consumer_group_offsets(group)).items():
                committed[where] = max(committed.get(where, 0), offset.offset)
    return behind(await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions), committed)


def behind(first: Offsets, end: Offsets, committed: Offsets) -> int:
    """Records between what was committed, or the first that is still kept, and the end."""
    return sum(max(0, end[where] - max(committed.get(where, 0), first[where])) for where in end)
