"""The broker and the database of a run, killed and started again as it goes; one listener of the broker for each link.

A client of Kafka goes on to the address that the broker advertises. So every link has a listener of its own, which
advertises the link's proxy: no client gets past it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from deploy.local import kafka, postgres
from deploy.local.process import Server, accepts, end_left_over, start_server

START_SECONDS = 90.0
POLL_SECONDS = 0.1


class NotReadyError(Exception):
    """A server or a process did not become ready in time; see its log."""


@dataclass(frozen=True)
class Listener:
    """One way into the broker: where it listens, and which port it tells clients to use."""

    name: str
    port: int
    advertised: int


@dataclass
class Broker:
    """Kafka, durable across kills."""

    plan: kafka.KafkaPlan
    listeners: tuple[Listener, ...]
    server: Server | None = None

    def launch(self) -> None:
        """Its process runs; it may not answer yet."""
        plan = self.plan
        plan.folder.mkdir(parents=True, exist_ok=True)
        end_left_over(plan.pid_file, str(plan.properties_file))
        kafka.write_settings(plan)
        settings = plan.properties_file.read_text() + listener_settings(plan, self.listeners)
        plan.properties_file.write_text(settings)
        if not (plan.data_dir / "meta.properties").exists():
            kafka.format_storage(plan)
        command = [*kafka.java(plan), "kafka.Kafka", str(plan.properties_file)]
        self.server = start_server("Kafka", command, plan.log_file)
        plan.pid_file.write_text(f"{self.server.pid}\n")

    async def wait(self) -> None:
        """It takes connections."""
        await until(lambda: accepts(kafka.HOST, self.plan.port), "Kafka")

    def kill(self) -> bool:
        """It is gone as by `kill -9`; false where it did not run."""
        server, self.server = self.server, None
        return server is not None and _killed(server)


def listener_settings(plan: kafka.KafkaPlan, listeners: tuple[Listener, ...]) -> str:
    """Settings that stand after the plan's own: of two lines with one name the later counts."""
    host = kafka.HOST
    own = f"CLIENT://{host}:{plan.port},CONTROLLER://{host}:{plan.controller_port}"
    at = "".join(f",{each.name}://{host}:{each.port}" for each in listeners)
    told = "".join(f",{each.name}://{host}:{each.advertised}" for each in listeners)
    kinds = "".join(f",{each.name}:PLAINTEXT" for each in listeners)
    return (
        f"\nlisteners={own}{at}\nadvertised.listeners={own}{told}\n"
        f"listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT{kinds}\nnum.network.threads=1\n"
    )


@dataclass
class Database:
    """PostgreSQL with fsync, its postmaster and its backends killed now and then."""

    plan: postgres.PostgresPlan
    server: Server | None = None
    killed: list[psutil.Process] = field(default_factory=list)

    def launch(self) -> None:
        """Its process runs; it may not answer yet."""
        self.server = postgres.launch(self.plan)

    async def wait(self) -> None:
        """It takes connections; one that met the leavings of a killed postmaster is launched again."""

        async def ready() -> bool:
            if self.server is None or self.server.process.poll() is not None:
                self.launch()
            return await asyncio.to_thread(postgres.is_ready, self.plan.port)

        await until(ready, "PostgreSQL")

    def kill(self) -> bool:
        """Its postmaster is gone as by `kill -9`, its backends find out by themselves; false where there was none."""
        server, self.server = self.server, None
        return server is not None and _killed(server)

    def kill_backend(self, role: str) -> bool:
        """One backend that serves a role is gone as by `kill -9`; false where there is none."""
        if self.server is None or self.server.process.poll() is not None:
            return False
        for child in psutil.Process(self.server.pid).children():
            if f"postgres: {role} " in " ".join(_command(child)):
                with suppress(psutil.NoSuchProcess):
                    child.kill()
                    return True
        return False


def _killed(server: Server) -> bool:
    """It is gone, and was running until now."""
    was_running = server.process.poll() is None
    server.kill()
    return was_running


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def base_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would point a desk at other servers."""
    given = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "BLOB_URL", "SMTP_URL", "CRASH_AT", "PUBLIC_URL")
    return {name: value for name, value in environment.items() if name not in given}


async def until(
    ready: Callable[[], bool] | Callable[[], Awaitable[bool]], what: str, seconds: float = START_SECONDS
) -> None:
    """Return once `ready` holds.

    Raises:
        NotReadyError: it did not in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = ready()
        if await found if isinstance(found, Awaitable) else found:
            return
        if time.monotonic() > deadline:
            raise NotReadyError(f"{what} was not ready in {seconds:.0f} s")
        await asyncio.sleep(POLL_SECONDS)
