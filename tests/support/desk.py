"""A whole desk as its user starts it: `deskstream up` with five services as processes, in a home of its own.

It uses the run's Kafka under a topic prefix of its own and a database of its own on the run's PostgreSQL.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.local.database import SERVICE_ROLES, with_database
from deploy.local.home import Run, load_run
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
START_SECONDS = 90.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class RunningDesk:
    """A desk that runs; ask it as a second terminal would."""

    home: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def run(self) -> Run:
        """Where it is; read anew, because a restarted service has a new pid."""
        return load_run(self.home)

    @property
    def output(self) -> str:
        """What its terminal shows."""
        return (self.home / "terminal.log").read_text(errors="replace")

    def command(self, *arguments: str, timeout_seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run `deskstream …` beside it."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        """`deskstream status --json`."""
        said = self.command("status", "--json")
        assert said.stdout.startswith("{"), said.stderr
        return dict(json.loads(said.stdout))

    def log(self, label: str) -> str:
        """What one process wrote, `tickets-2` for instance."""
        return (self.home / "logs" / f"{label}.log").read_text(errors="replace")

    def stop(self) -> float:
        """It has ended, as by Ctrl-C; the seconds that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_SECONDS)
        return time.monotonic() - began


def start_desk(home: Path, arguments: tuple[str, ...] = (), **environment: str) -> RunningDesk:
    """`deskstream up` was started from `home`; it may still be at it."""
    home.mkdir(parents=True, exist_ok=True)
    told = {**os.environ, "DESKSTREAM_HOME": str(home), **environment}
    with (home / "terminal.log").open("wb") as terminal:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "up", *arguments],
            cwd=ROOT,
            env=told,
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=subprocess.STDOUT,
        )
    return RunningDesk(home, told, process)


@contextmanager
def running_desk(
    home: Path, bootstrap_servers: str, admin_database_url: str, arguments: tuple[str, ...] = (), **environment: str
) -> Iterator[RunningDesk]:
    """A desk on the run's servers, every process of it ready; gone after the block."""
    mark = uuid.uuid4().hex[:8]
    home.mkdir(parents=True, exist_ok=True)
    # Roles belong to the whole server: every desk and test of the run must know the same passwords.
    (home / "secrets.json").write_text(json.dumps({"role_passwords": {role: role for role in SERVICE_ROLES}}))
    desk = start_desk(
        home,
        arguments,
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers,
        KAFKA_TOPIC_PREFIX=f"desk-{mark}-",
        KAFKA_PARTITIONS="6",
        DATABASE_URL=with_database(admin_database_url, f"desk_{mark}"),
        **environment,
    )
    try:
        wait_for(lambda: ended(desk) or "is running" in desk.output, "the desk's start", START_SECONDS)
        assert not ended(desk), desk.output
        wait_for(lambda: desk.status()["ready"], f"every process ready; {desk.output}", START_SECONDS)
        yield desk
    finally:
        desk.stop()


def ended(desk: RunningDesk) -> bool:
    """Whether `up` is over."""
    return desk.process.poll() is not None


@pytest.fixture(scope="session")
def desk(
    tmp_path_factory: pytest.TempPathFactory, kafka_bootstrap: str, admin_database_url: str
) -> Iterator[RunningDesk]:
    """One desk for all end-to-end tests of a run: tickets and gateway as two processes each, and a mail catcher."""
    replicas = ("--replicas", "tickets=2,gateway=2")
    with running_desk(tmp_path_factory.mktemp("desk"), kafka_bootstrap, admin_database_url, replicas) as running:
        yield running
