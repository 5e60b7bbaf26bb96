"""A probe service on topics and a database of the test's own."""

import asyncio
import json
import os
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
import structlog

from deploy.local.process import free_port
from services.tickets.settings import TicketsSettings
from shared.contracts.tickets import ChangeItem
from shared.ids import new_id
from shared.messaging.browse import Browser, Start
from shared.messaging.dead_letters import GivenUp, read_dead_letter
from shared.messaging.host import Host
from tests.integration.messaging.probe import TABLE, TOPIC, Probe, build
from tests.integration.wire import Wire, service_settings
from tests.support.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[3]
DEAD = f"{TOPIC}.tickets.dead"


@dataclass
class Bench:
    """A probe's surroundings: send to it, look at its effects and dead letters, run it here or as a process."""

    wire: Wire
    url: str
    folder: Path
    hosts: list[Host] = field(default_factory=list)
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    database: Any = None

    @property
    def settings(self) -> Any:
        return service_settings(
            TicketsSettings, self.wire, self.url, self.folder, tickets_admin_address="admin@desk.example"
        )

    async def send(self, text: str, key: str = "a", message_id: UUID | None = None, **more: Any) -> UUID:
        """A message that says this; returns its id."""
        body = ChangeItem(item_id=new_id(), set={"title": text})
        return (await self.wire.send(body, key, message_id=message_id, **more)).id

    async def start(self, probe: Probe | None = None, **more: Any) -> Host:
        """The probe runs in this process."""
        host = await build(self.settings, probe, **more)
        self.hosts.append(host)
        await host.start()
        return host

    async def effects(self) -> list[tuple[str, str]]:
        """Key and text of every effect, in the order in which they came to be."""
        rows = await self.database.fetch("select key, said from effect order by id")
        return [(row["key"], row["said"]) for row in rows]

    async def wait_for_effects(self, count: int, seconds: float = PATIENCE_SECONDS) -> list[tuple[str, str]]:
        """The effects, once there are so many.

        Raises:
            AssertionError: they did not come in time.
        """

        async def enough() -> list[tuple[str, str]] | None:
            found = await self.effects()
            return found if len(found) >= count else None

        return await eventually(enough, f"{count} effects", seconds)

    async def dead_letters(self) -> list[GivenUp]:
        """Everything that the probe gave up and its relay has published."""
        async with Browser(self.wire.settings) as browser:
            found = [read_dead_letter(record) async for record in browser.read([DEAD], Start())]
        return [letter for letter in found if letter is not None]

    async def wait_for_dead_letters(self, count: int, seconds: float = PATIENCE_SECONDS) -> list[GivenUp]:
        """The dead letters, once there are so many."""

        async def enough() -> list[GivenUp] | None:
            found = await self.dead_letters()
            return found if len(found) >= count else None

        return await eventually(enough, f"{count} dead letters", seconds)

    async def spawn(self, module: str = "tests.integration.messaging.probe", **environment: str) -> Any:
        """The probe, or another service, runs as a process of its own."""
        settings = self.settings
        told = {
            **os.environ,
            **{name.upper(): str(value) for name, value in self.wire.settings.model_dump().items()},
            "DATABASE_URL": self.url,
            "BLOB_URL": settings.blob_url,
            "PUBLIC_URL": settings.public_url,
            "SECRET_FILE": str(settings.secret_file),
            "MAIL_DOMAIN": settings.mail_domain,
            "HEALTH_PORT": str(free_port()),
            "TICKETS_ADMIN_ADDRESS": settings.tickets_admin_address,
            "REPLICA": f"tickets-{len(self.processes) + 1}",
            "KAFKA_SESSION_TIMEOUT_MS": "6000",
            **environment,
        }
        with self.log(len(self.processes)).open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, cwd=ROOT, env=told, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def log(self, number: int) -> Path:
        """What the process of this number says."""
        return self.folder / f"process-{number}.log"

    def outcomes(self, number: int) -> Counter[str]:
        """How the records ended that the process of this number was handed, by its own log."""
        whole, _, _ = self.log(number).read_text().rpartition("\n")  # the last line may be half written
        lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
        return Counter(line["outcome"] for line in lines if line["event"] == "message")

    async def close(self) -> None:
        """Nothing of it runs any more."""
        for process in self.processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        for host in self.hosts:
            await host.stop()
        await self.database.close()


MakeBench = Callable[[], Awaitable[Bench]]


@pytest_asyncio.fixture
async def make_bench(kafka_bootstrap: str, make_database: Any, tmp_path: Path) -> AsyncIterator[MakeBench]:
    """`await make_bench()`: topics, database and folder of its own, as often as a test likes."""
    made: list[Bench] = []

    async def make() -> Bench:
        wire = Wire(kafka_bootstrap, f"t{uuid.uuid4().hex[:10]}-")
        await wire.start("intake-messages", TOPIC, "tickets-state", "tickets-setup", watch=("tickets-events",))
        folder = tmp_path / wire.prefix
        folder.mkdir()
        bench = Bench(wire, await make_database("tickets"), folder)
        bench.database = await asyncpg.connect(bench.url)
        await bench.database.execute(TABLE)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        await bench.close()
        await bench.wire.stop()


@pytest_asyncio.fixture
async def bench(make_bench: MakeBench) -> Bench:
    return await make_bench()


@pytest.fixture(autouse=True, scope="session")
def logs() -> None:
    """What services in this process say goes to the test's log, not among what a command prints."""
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()], logger_factory=structlog.stdlib.LoggerFactory()
    )


@pytest.fixture
def probe() -> Probe:
    return Probe()
