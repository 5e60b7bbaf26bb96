"""One real Kafka and one real PostgreSQL for the whole run; a topic prefix and a cloned database for each test.

`TEST_KAFKA_BOOTSTRAP` and `TEST_DATABASE_URL` (of an administrator) name servers that run already; else a run starts
its own on free ports, with data in a temporary folder that is thrown away. A run with several workers starts them once
for all (`serve_workers`).
"""

import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local import database, jars, kafka, postgres
from deploy.local.process import free_port, free_ports
from shared.postgres.migrate import migrate

ROOT = Path(__file__).parents[2]
JARS = Path(os.environ.get("DESKSTREAM_CACHE", ROOT / ".deskstream-cache")) / "jars"
HEAP_MEGABYTES = 384

MakeDatabase = Callable[[str], Awaitable[str]]


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A broker with its data in a folder; its `host:port`."""
    port, controller_port = free_ports(2)
    plan = kafka.KafkaPlan(folder, folder / "kafka.log", tuple(jars.fetch(JARS)), port, controller_port, HEAP_MEGABYTES)
    server = kafka.launch(plan)
    try:
        kafka.wait(server, plan)
        yield plan.bootstrap_servers
    finally:
        server.kill()


@contextmanager
def database_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL with its data in a folder; its administrator's URL."""
    plan = postgres.PostgresPlan(folder, folder / "postgres.log", free_port(), "admin")
    server = postgres.launch(plan)
    try:
        postgres.wait(server, plan)
        yield plan.admin_url
    finally:
        server.stop()


@contextmanager
def serve_workers() -> Iterator[None]:
    """One broker and one database server for every worker of this run, told to them by the environment."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="deskstream-tests-")))
        for variable, start in (("TEST_KAFKA_BOOTSTRAP", broker), ("TEST_DATABASE_URL", database_server)):
            if not os.environ.get(variable):
                made = folder / variable.lower()
                made.mkdir()
                os.environ[variable] = running.enter_context(start(made))
                running.callback(os.environ.pop, variable)
        yield


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of the run's broker."""
    given = os.environ.get("TEST_KAFKA_BOOTSTRAP")
    if given:
        yield given
        return
    with broker(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture
def topic_prefix() -> str:
    """Prefix of every topic and group of one test (`KAFKA_TOPIC_PREFIX`), used by no other."""
    return f"t{uuid.uuid4().hex[:10]}-"


@pytest.fixture(scope="session")
def admin_database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The administrator's URL of the run's PostgreSQL."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with database_server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


class Templates:
    """A migrated database for each service, made when first asked for, cloned for every test."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url
        self.run = uuid.uuid4().hex[:8]
        self.made: dict[str, str] = {}

    async def clone(self, service: str) -> tuple[str, str]:
        """A fresh database of `service`: its name, and the URL under the service's own role."""
        role = "gateway" if service == "portal_gateway" else service
        if role not in self.made:
            self.made[role] = await self.make(role)
        name = f"test_{role}_{uuid.uuid4().hex[:10]}"
        await self.execute(f"create database {name} template {self.made[role]}")
        await self.execute(
            f"revoke all on database {name} from public; grant connect, temporary on database {name} to {role}"
        )
        return name, database.service_url(self.admin_url, name, role, role)

    async def make(self, role: str) -> str:
        name = f"template_{role}_{self.run}"
        passwords = {each: each for each in database.SERVICE_ROLES}
        urls = await database.provision(self.admin_url, name, passwords)
        await migrate(role, urls[role])
        return name

    async def drop(self, name: str) -> None:
        """The database is gone, whoever is still connected."""
        await self.execute(f"drop database if exists {name} with (force)")

    async def execute(self, statement: str) -> None:
        connection = await database.connect(self.admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="session")
async def database_templates(admin_database_url: str) -> AsyncIterator[Templates]:
    """The run's templates, dropped at its end."""
    templates = Templates(admin_database_url)
    yield templates
    for name in templates.made.values():
        await templates.drop(name)


@pytest_asyncio.fixture
async def make_database(database_templates: Templates) -> AsyncIterator[MakeDatabase]:
    """`await make_database("tickets")`: the URL of a migrated database of the test's own, under that role."""
    names: list[str] = []

    async def make(service: str) -> str:
        name, url = await database_templates.clone(service)
        names.append(name)
        return url

    yield make
    for name in names:
        await database_templates.drop(name)
