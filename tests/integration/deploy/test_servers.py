"""The run's own servers answer."""

import asyncpg
from aiokafka import AIOKafkaProducer


async def test_broker_and_database_answer(kafka_bootstrap: str, admin_database_url: str) -> None:
    """One Kafka and one PostgreSQL are there for every test of the run."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    await producer.stop()
    connection = await asyncpg.connect(admin_database_url)
    assert await connection.fetchval("select 1") == 1
    await connection.close()
