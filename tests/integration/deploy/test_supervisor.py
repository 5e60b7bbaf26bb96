"""Processes under the supervisor: kept running, said so, ended in good order."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from deploy.local.process import free_port
from deploy.local.supervisor import Supervised, Supervisor
from tests.support.waiting import wait_for


class Watched:
    """A supervisor over one sham service, and what it said."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.said: list[str] = []
        self.service = Supervised(
            label="sham-1",
            module="tests.support.sham_service",
            environment={**os.environ, "HEALTH_PORT": str(port), "CRASH_AT": "somewhere:1"},
            log_file=folder / "sham-1.log",
            health_url=f"http://127.0.0.1:{port}",
        )
        self.supervisor = Supervisor([self.service], self.said.append, lambda: None)

    def wait_until_ready(self) -> int:
        """Its pid, once it answers."""

        def ready() -> int | None:
            self.supervisor.tend()
            return self.service.pid if self.service.is_ready() else None

        return wait_for(ready, "the service to be ready")

    def wait_until_said(self) -> str:
        """The first line the user reads."""

        def said() -> list[str]:
            self.supervisor.tend()
            return self.said

        return wait_for(said, "a crash to be noticed")[0]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    watched.supervisor.start()
    try:
        yield watched
    finally:
        watched.supervisor.stop()


def test_a_crashed_service_is_started_again_and_said_so(watched: Watched) -> None:
    """It comes back with another pid; the user reads which one ended, how, and where its log is."""
    first = watched.wait_until_ready()
    with suppress(OSError):
        urlopen(f"{watched.service.health_url}/crash", timeout=5)  # noqa: S310 - our own http URL
    said = watched.wait_until_said()
    assert said.startswith("sham-1 ended (exit code 70")
    assert str(watched.service.log_file) in said
    assert watched.wait_until_ready() != first


def test_a_crash_point_is_for_one_crash(watched: Watched) -> None:
    """The process that comes back is told of none."""
    watched.wait_until_ready()
    os.kill(watched.service.pid or 0, signal.SIGKILL)
    assert "signal 9" in watched.wait_until_said()
    assert "CRASH_AT" not in watched.service.environment


def test_stopping_lets_a_service_end_in_good_order(watched: Watched) -> None:
    """SIGTERM first; it is over well under five seconds."""
    watched.wait_until_ready()
    began = time.monotonic()
    watched.supervisor.stop()
    assert "ended in good order" in watched.service.log_file.read_text()
    assert time.monotonic() - began < 5
