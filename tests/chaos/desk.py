"""A desk for faults: its own servers, two replicas of each service, every link of theirs through a proxy.

Invariant: it knows every process by its pid, and when it is stopped none of them runs.
"""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx2

from deploy.local import jars, kafka, ports, postgres
from deploy.local.console import Steps
from deploy.local.database import DATABASE, with_database
from deploy.local.desk import HOST, Desk, External, port_names
from deploy.local.home import Door, Process, Run, cache_folder, load_secrets, save_run
from deploy.local.process import Server, start_server
from deploy.local.provision import prepare, servers_of
from deploy.local.replicas import Replica, parse_replicas, replicas_of
from tests.chaos.doors import Place
from tests.chaos.load import Doors
from tests.chaos.proxy import Proxy
from tests.chaos.servers import Broker, Database, Listener, NotReadyError, base_environment, until

ONE_OF_EACH = "intake=1,tickets=1,automation=1,notifier=1,gateway=1"
TWO_OF_EACH = "intake=2,tickets=2,automation=2,notifier=2,gateway=2"
STOP_SECONDS = 12.0
READY_SECONDS = 120.0


@dataclass
class Member:
    """One replica of a service, running or not.

    Attributes:
        links: by what they lead to: ``kafka``, ``postgres``, ``smtp``; and ``door`` or ``http`` leading to it.
        expected: it should be running; one that is not, and should, has crashed.
    """

    replica: Replica
    environment: dict[str, str]
    log_file: Path
    health_url: str
    links: dict[str, Proxy]
    server: Server | None = None
    expected: bool = False

    @property
    def label(self) -> str:
        return self.replica.label

    @property
    def is_alive(self) -> bool:
        return self.server is not None and self.server.process.poll() is None

    def start(self, **more: str) -> None:
        """Its process runs; `more` is added to its environment this once."""
        command = [sys.executable, "-m", self.replica.module]
        self.server = start_server(
            self.label, command, self.log_file, environment={**self.environment, **more, "PYTHONUNBUFFERED": "1"}
        )
        self.expected = True

    def signal(self, number: signal.Signals) -> bool:
        """The process gets a signal, its children do not; false where it does not run."""
        if self.server is None or not self.is_alive:
            return False
        os.kill(self.server.pid, number)
        return True

    def kill(self) -> bool:
        """It is gone as by `kill -9`, and nobody starts it again by himself; false where it did not run."""
        self.expected = False
        return self.signal(signal.SIGKILL)

    async def gone(self, seconds: float = STOP_SECONDS) -> bool:
        """Wait until its process has ended; false when it has not."""
        try:
            await until(lambda: not self.is_alive, f"the end of {self.label}", seconds)
        except NotReadyError:
            return False
        return True


@dataclass
class ChaosDesk:
    """Servers, replicas and links of one run; `told` is what every service is told besides."""

    desk: Desk
    broker: Broker
    database: Database
    members: dict[str, Member]
    told: Mapping[str, str] = field(default_factory=dict)
    database_urls: dict[str, str] = field(default_factory=dict)
    crashes: list[tuple[float, str, int | None]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.desk.home

    @property
    def bootstrap(self) -> str:
        """The broker, past all proxies."""
        return self.broker.plan.bootstrap_servers

    @property
    def admin_url(self) -> str:
        """The desk's database under its administrator, past all proxies."""
        return with_database(self.database.plan.admin_url, DATABASE)

    @property
    def links(self) -> dict[str, Proxy]:
        """Every link by its name, such as ``tickets-1.kafka``."""
        return {proxy.name: proxy for member in self.members.values() for proxy in member.links.values()}

    def doors(self) -> Doors:
        """Where clients enter."""
        smtp = [Place(proxy.name, proxy.port) for name, proxy in self.links.items() if name.endswith(".door")]
        http = [Place(proxy.name, proxy.port) for name, proxy in self.links.items() if name.endswith(".http")]
        return Doors(smtp, http, self.desk.mail_domain)

    def send_mail_to(self, smtp_port: int) -> None:
        """The desk's mail goes to a sink that listens there."""
        for member in self.of("notifier"):
            member.links["smtp"].upstream = smtp_port

    def of(self, service: str) -> list[Member]:
        """The replicas of a service."""
        return [member for member in self.members.values() if member.replica.service == service]

    async def start(self, steps: Steps) -> None:
        """Everything runs and is ready."""
        with steps.step("servers"):
            self.broker.launch()
            self.database.launch()
            await asyncio.gather(self.broker.wait(), self.database.wait())
        self.database_urls = await prepare(servers_of(self.desk, self.admin_url), steps)
        for member in self.members.values():
            for proxy in member.links.values():
                await proxy.start()
            self._point_at_links(member)
        with steps.step(f"{len(self.members)} processes"):
            for member in self.members.values():
                member.start()
            await self.ready()
        self.save()

    def _point_at_links(self, member: Member) -> None:
        url = urlsplit(self.database_urls[member.replica.service])
        at_link = url._replace(netloc=f"{url.username}:{url.password}@{HOST}:{member.links['postgres'].port}")
        member.environment = {
            **self.desk.environment_of(member.replica, urlunsplit(at_link)),
            "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{member.links['kafka'].port}",
            **self.told,
        }
        if "smtp" in member.links:
            member.environment["SMTP_URL"] = f"smtp://{HOST}:{member.links['smtp'].port}"

    async def ready(self, seconds: float = READY_SECONDS) -> None:
        """Every replica that should run answers that it can do its work.

        Raises:
            NotReadyError: one does not in time.
        """
        async with httpx2.AsyncClient(timeout=2) as client:
            for member in self.members.values():
                if member.expected:
                    await until(lambda each=member: is_ready(client, each), member.label, seconds)

    def tend(self, say: Callable[[str], None]) -> None:
        """A replica that ended by itself is noticed, noted and started again."""
        for member in self.members.values():
            if member.expected and not member.is_alive:
                code = member.server.process.returncode if member.server else None
                self.crashes.append((time.time(), member.label, code))
                say(f"{member.label} ended by itself ({code}); see {member.log_file}")
                member.start()

    def save(self) -> None:
        """The command line finds this desk by its home folder."""
        gateways = {m.label: f"http://{HOST}:{m.links['http'].port}" for m in self.of("gateway")}
        save_run(
            self.home,
            Run(
                supervisor_pid=os.getpid(),
                started_at=time.time(),
                kafka_bootstrap_servers=self.bootstrap,
                topic_prefix="",
                database_urls=self.database_urls,
                admin_database_url=self.admin_url,
                blob_url=self.desk.blob_url,
                public_url=self.desk.public_url,
                smtp=Door(host=HOST, port=self.of("intake")[0].links["door"].port),
                mail_catcher_url=None,
                secret_file=self.home / "master.secret",
                mail_domain=self.desk.mail_domain,
                support_address=self.desk.support_address,
                admin_address=self.desk.admin_address,
                services=[
                    Process(
                        name=m.replica.service,
                        replica=str(m.replica.number),
                        pid=m.server.pid if m.server else None,
                        health_url=m.health_url,
                        url=gateways.get(m.label),
                    )
                    for m in self.members.values()
                ],
            ),
        )

    async def restart_all(self) -> None:
        """Every replica ended in good order and runs again: a cold start on what is kept."""
        for member in self.members.values():
            member.expected = False
            member.signal(signal.SIGTERM)
        for member in self.members.values():
            if not await member.gone():
                member.kill()
                await member.gone()
        for member in self.members.values():
            member.start()
        await self.ready()

    async def stop(self) -> None:
        """Nothing of it runs."""
        for member in self.members.values():
            member.expected = False
            member.signal(signal.SIGCONT)
            member.signal(signal.SIGTERM)
        for member in self.members.values():
            await member.gone(8)
            end_group(member.server)
        for proxy in self.links.values():
            await proxy.stop()
        self.broker.kill()
        if self.database.server is not None:
            self.database.server.stop(5)


def end_group(server: Server | None) -> None:
    """Whatever is left of a process and its children is gone."""
    if server is not None:
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        server.process.wait()


async def is_ready(client: httpx2.AsyncClient, member: Member) -> bool:
    """Whether a replica answers that it can do its work."""
    try:
        return (await client.get(f"{member.health_url}/readyz")).status_code == 200
    except (httpx2.HTTPError, OSError):
        return False


def plan(home: Path, *, replicas: str = TWO_OF_EACH, **environment: str) -> ChaosDesk:
    """A desk in a folder of its own, emptied first; a sink for its mail is named by `send_mail_to`.

    Args:
        home: everything of the run lies there.
        replicas: as `deskstream up` takes them.
        environment: more that every service is told.
    """
    shutil.rmtree(home, ignore_errors=True)
    for folder in ("logs", "blobs", "evidence"):
        (home / folder).mkdir(parents=True)
    members = replicas_of(parse_replicas(replicas))
    external = External(None, None, None, f"smtp://{HOST}")
    links = [f"{replica.label}.{kind}" for replica in members for kind in links_of(replica)]
    names = [*port_names(members, external), *links, *(f"{replica.label}.listener" for replica in members)]
    chosen = ports.choose_ports(home, names, is_default_home=False)
    public = f"http://{HOST}:{chosen['gateway-1.http']}"
    base = {**base_environment(os.environ), "PUBLIC_URL": public}
    desk = Desk(home, tuple(members), external, chosen, load_secrets(home), base)
    broker = Broker(
        kafka.KafkaPlan(
            folder=home / "kafka",
            log_file=desk.logs / "kafka.log",
            jars=tuple(jars.fetch(cache_folder() / "jars")),
            port=chosen["kafka"],
            controller_port=chosen["kafka_controller"],
        ),
        tuple(listeners_of(members, chosen)),
    )
    database = Database(
        postgres.PostgresPlan(
            home / "postgres", desk.logs / "postgres.log", chosen["postgres"], desk.secrets.postgres_password
        )
    )
    return ChaosDesk(desk, broker, database, {r.label: member_of(desk, r, chosen) for r in members}, environment)


def links_of(replica: Replica) -> tuple[str, ...]:
    """What a replica is linked to, and by what it is reached."""
    more = {"notifier": ("smtp",), "intake": ("door",), "gateway": ("http",)}
    return ("kafka", "postgres", *more.get(replica.service, ()))


def listeners_of(members: Iterable[Replica], chosen: dict[str, int]) -> list[Listener]:
    """A listener of the broker for each replica's link."""
    return [
        Listener(
            replica.label.replace("-", "").upper(),
            chosen[f"{replica.label}.listener"],
            chosen[f"{replica.label}.kafka"],
        )
        for replica in members
    ]


def member_of(desk: Desk, replica: Replica, chosen: dict[str, int]) -> Member:
    """A replica, not started, with its links."""
    behind = {
        "kafka": chosen[f"{replica.label}.listener"],
        "postgres": chosen["postgres"],
        "smtp": 0,
        "door": desk.smtp_port(replica) if replica.service == "intake" else 0,
        "http": desk.http_port(replica) if replica.service == "gateway" else 0,
    }
    links = {
        kind: Proxy(f"{replica.label}.{kind}", chosen[f"{replica.label}.{kind}"], behind[kind])
        for kind in links_of(replica)
    }
    return Member(replica, {}, desk.logs / f"{replica.label}.log", desk.health_url(replica), links)


@asynccontextmanager
async def running(desk: ChaosDesk, steps: Steps) -> AsyncIterator[ChaosDesk]:
    """The desk runs inside the block, and nothing of it does after it."""
    try:
        await desk.start(steps)
        yield desk
    finally:
        await desk.stop()
