"""Topics and a database of one round's own, and a program that works on them."""

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.process import free_port
from shared.contracts.topics import TOPICS
from shared.messaging.provision import create_topics
from shared.settings import KafkaSettings
from tests.bench.servers import Servers
from tests.support.servers import Templates

ROOT = Path(__file__).parents[2]
PARTITIONS = 12


@dataclass
class Place:
    """Topics and a database of one round's own."""

    settings: KafkaSettings
    url: str
    folder: Path

    @property
    def prefix(self) -> str:
        return self.settings.kafka_topic_prefix

    def environment(self, **more: str) -> dict[str, str]:
        """What a service is told."""
        secret = self.folder / "secret"
        secret.write_text("ab" * 32)
        return {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": self.settings.kafka_bootstrap_servers,
            "KAFKA_TOPIC_PREFIX": self.prefix,
            "DATABASE_URL": self.url,
            "BLOB_URL": f"file://{self.folder}/blobs",
            "PUBLIC_URL": "http://127.0.0.1",
            "SECRET_FILE": str(secret),
            "MAIL_DOMAIN": "desk.example",
            "HEALTH_PORT": str(free_port()),
            "REPLICA": "bench-1",
            **more,
        }


@asynccontextmanager
async def place(
    where: Servers, templates: Templates, folder: Path, service: str, topics: Sequence[str]
) -> AsyncIterator[Place]:
    """A fresh place; its database is dropped afterwards.

    Args:
        service: whose schema and role the database has.
        topics: those of the registry whose names begin so are made.
    """
    settings = KafkaSettings(
        kafka_bootstrap_servers=where.kafka,
        kafka_topic_prefix=f"bench{uuid.uuid4().hex[:8]}-",
        kafka_partitions=PARTITIONS,
    )
    await create_topics(settings, [topic for name, topic in TOPICS.items() if name.startswith(tuple(topics))])
    name, url = await templates.clone(service)
    try:
        yield Place(settings, url, folder)
    finally:
        await templates.drop(name)


@asynccontextmanager
async def running(command: list[str], environment: dict[str, str], log: Path) -> AsyncIterator[psutil.Process]:
    """The program runs as a process of its own; stopped in good order afterwards."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        yield psutil.Process(process.pid)
        if process.returncode is not None:
            said = await asyncio.to_thread(log.read_text)
            raise RuntimeError(f"{command} ended by itself with {process.returncode}: {said[-2000:]}")
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
