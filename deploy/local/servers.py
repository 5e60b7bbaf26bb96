"""The desk's own Kafka and PostgreSQL: started, kept running, stopped together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import jars, kafka, postgres
from deploy.local.console import Steps
from deploy.local.database import with_database
from deploy.local.desk import Desk
from deploy.local.home import cache_folder
from deploy.local.process import Server

STOP_SECONDS = 4.0


@dataclass
class LocalServer:
    """A server that is launched again when it dies; its data and port stay."""

    launch: Callable[[], Server]
    server: Server

    def tend(self, say: Callable[[str], None]) -> bool:
        """Whether it had died; then that was said and it runs again, and its clients reconnect by themselves."""
        if self.server.process.poll() is None:
            return False
        say(f"{self.server.name} ended; starting it again; see {self.server.log_file}")
        self.server = self.launch()
        return True


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
