"""A whole desk as its user starts it: `deskstream up` with five services as processes, in a home of its own."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.home import Run, load_run

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 60.0


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

    def stop(self) -> None:
        """It has ended, as by Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_SECONDS)


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


def ended(desk: RunningDesk) -> bool:
    """Whether `up` is over."""
    return desk.process.poll() is not None
