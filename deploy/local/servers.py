"""The desk's own Kafka and PostgreSQL: started, kept running, stopped together."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import jars, kafka, postgres
from deploy.local.console import Steps
from deploy.local.database import with_database
from deploy.local.desk import Desk
from deploy.local.errors import StackError
from deploy.local.home import cache_folder
from deploy.local.process import Server, last_line
from deploy.local.supervisor import CALM_SECONDS, pause_before

STOP_SECONDS = 4.0
#: Everybody waits for a server: it is tried more often than a service that crashes and crashes.
LONGEST_PAUSE_SECONDS = 8.0


@dataclass
class LocalServer:
    """A server that is launched again when it dies, after longer and longer pauses; its data and port stay.

    One whose disk is full cannot run, and may not even be launched: it is tried until there is room again.
    """

    launch: Callable[[], Server]
    server: Server
    crashes: int = 0
    started_at: float = field(default_factory=time.monotonic)
    next_start_at: float | None = None

    def tend(self, say: Callable[[str], None]) -> bool:
        """Whether it had died and runs again; its clients reconnect by themselves."""
        now = time.monotonic()
        if self.next_start_at is None:
            if self.server.process.poll() is None:
                return False
            self.crashes = 1 if now - self.started_at > CALM_SECONDS else self.crashes + 1
            self._put_off(now, say, f"ended ({last_line(self.server.log_file)[:160]})")
        if self.next_start_at is None or now < self.next_start_at:
            return False
        try:
            self.server = self.launch()
        except (OSError, StackError) as error:
            self.crashes += 1
            self._put_off(now, say, f"cannot be started ({error})")
            return False
        self.started_at, self.next_start_at = now, None
        return True

    def _put_off(self, now: float, say: Callable[[str], None], what: str) -> None:
        """It was said what happened and when it is started again."""
        pause = min(LONGEST_PAUSE_SECONDS, pause_before(self.crashes))
        self.next_start_at = now + pause
        say(f"{self.server.name} {what}; starting it again in {pause:g} s; see {self.server.log_file}")


@contextmanager
def local_servers(desk: Desk, steps: Steps) -> Iterator[list[LocalServer]]:
    """The servers that are not given by URL run inside the block and are gone after it."""
    running: list[LocalServer] = []
    try:
        if desk.external.database is None:
            running.append(start_postgres(desk, steps))
        if desk.external.kafka is None:
            running.append(start_kafka(desk, steps))
        yield running
    finally:
        for local in running:
            local.server.ask_to_stop()
        for local in running:
            local.server.stop(STOP_SECONDS)


def start_postgres(desk: Desk, steps: Steps) -> LocalServer:
    """PostgreSQL takes connections."""
    plan = postgres_plan(desk)
    with steps.step(f"PostgreSQL on {postgres.HOST}:{plan.port}"):
        local = LocalServer(lambda: postgres.launch(plan), postgres.launch(plan))
        wait_or_stop(local.server, lambda: postgres.wait(local.server, plan))
    return local


def start_kafka(desk: Desk, steps: Steps) -> LocalServer:
    """Kafka takes connections; its jars were fetched if they were not there."""
    with steps.step("Apache Kafka's jars"):
        found = jars.fetch(cache_folder() / "jars", lambda done, total: steps.detail(f"{done} of {total}"))
    plan = kafka.KafkaPlan(
        folder=desk.home / "kafka",
        log_file=desk.logs / "kafka.log",
        jars=tuple(found),
        port=desk.ports["kafka"],
        controller_port=desk.ports["kafka_controller"],
    )
    with steps.step(f"Apache Kafka on {plan.bootstrap_servers}"):
        local = LocalServer(lambda: kafka.launch(plan), kafka.launch(plan))
        wait_or_stop(local.server, lambda: kafka.wait(local.server, plan))
    return local


def wait_or_stop(server: Server, wait: Callable[[], None]) -> None:
    """The server is ready; one that is not, or that the user does not wait for, is stopped."""
    try:
        wait()
    except BaseException:
        server.stop(STOP_SECONDS)
        raise


def admin_database_url(desk: Desk) -> str:
    """The administrator's URL of the desk's database."""
    return with_database(desk.external.database or postgres_plan(desk).admin_url, desk.database)


def postgres_plan(desk: Desk) -> postgres.PostgresPlan:
    """The desk's own PostgreSQL."""
    folder: Path = desk.home / "postgres"
    port, password = desk.ports["postgres"], desk.secrets.postgres_password
    return postgres.PostgresPlan(folder, desk.logs / "postgres.log", port, password)
