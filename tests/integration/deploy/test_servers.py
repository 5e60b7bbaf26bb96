"""The run's own servers answer."""

from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer

from deploy.local.errors import StackError
from deploy.local.process import Server, start_server
from deploy.local.servers import LocalServer
from tests.support.waiting import wait_for


async def test_broker_and_database_answer(kafka_bootstrap: str, admin_database_url: str) -> None:
    """One Kafka and one PostgreSQL are there for every test of the run."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    await producer.stop()
    connection = await asyncpg.connect(admin_database_url)
    assert await connection.fetchval("select 1") == 1
    await connection.close()


def test_server_that_cannot_be_launched_is_tried_until_it_can(tmp_path: Path) -> None:
    """One whose disk is full dies, and may not even start; the desk stays, and starts it once there is room."""
    log, said = tmp_path / "sham.log", list[str]()
    fails = [OSError(28, "No space left on device"), StackError("no room", "make some")]

    def launch() -> Server:
        if fails:
            raise fails.pop()
        return start_server("Sham", ["sleep", "60"], log)

    local = LocalServer(launch, start_server("Sham", ["false"], log))
    try:
        wait_for(lambda: local.tend(said.append), "the server to run again")
        assert local.server.process.poll() is None
        assert not local.tend(said.append)
    finally:
        local.server.kill()
    assert ["ended" in said[0], "no room" in said[1], "No space left" in said[2], len(said)] == [True, True, True, 3]
