"""Keeps a desk's processes running: a crashed one is started again, after longer and longer pauses.

Pure timing (`pause_before`) is apart from the processes. Ending is asked of all at once; what is left after the
time limit is killed, so that Ctrl-C is over in seconds.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.process import Server, last_line, start_server
from deploy.local.status import is_ready

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# One that ran this long has recovered: its next crash is its first.
CALM_SECONDS = 60.0
# After so many crashes in a row nobody waits for it at start; it is tried on in the background.
HOPELESS_CRASHES = 4
STOP_SECONDS = 5.0
LARGEST_LOG_BYTES = 32 * 1024 * 1024


@dataclass
class Supervised:
    """One process that is kept running.

    Args:
        label: How messages call it.
        module: What `python -m` runs.
        environment: What it is told.
        log_file: Where its output goes.
        health_url: Where its `/readyz` is asked.
    """

    label: str
    module: str
    environment: dict[str, str]
    log_file: Path
    health_url: str
    server: Server | None = None
    crashes: int = 0
    started_at: float = 0.0
    next_start_at: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        return self.server.pid if self.server else None

    @property
    def is_hopeless(self) -> bool:
        return self.crashes >= HOPELESS_CRASHES

    def start(self, now: float) -> None:
        """The process runs, in a session of its own."""
        turn_log(self.log_file)
        self.server = start_server(
            self.label, [sys.executable, "-m", self.module], self.log_file, environment=self.environment
        )
        self.started_at = now

    def is_ready(self) -> bool:
        """Whether it answers that it can do its work."""
        return is_ready(self.health_url)


@dataclass
class Supervisor:
    """All processes of a desk.

    Args:
        processes: In the order in which they start.
        say: Tells the user a line.
        on_change: Called after a process was started, with the new pid known.
    """

    processes: list[Supervised]
    say: Callable[[str], None]
    on_change: Callable[[], None]

    def start(self) -> None:
        """Every process was started once."""
        for process in self.processes:
            process.start(time.monotonic())
        self.on_change()

    def tend(self) -> None:
        """Crashed processes are noticed, said, and started again when their pause is over."""
        now = time.monotonic()
        for process in self.processes:
            if process.server is not None and process.server.process.poll() is not None:
                self._note_crash(process, now)
            elif process.server is None and now >= process.next_start_at:
                process.start(now)
                self.on_change()

    def _note_crash(self, process: Supervised, now: float) -> None:
        code = process.server.process.returncode if process.server else None
        process.crashes = 1 if now - process.started_at > CALM_SECONDS else process.crashes + 1
        pause = pause_before(process.crashes)
        process.next_start_at = now + pause
        process.server = None
        # A crash point is for one crash: the process that comes back is the one under test.
        process.environment.pop("CRASH_AT", None)
        why = f"{ending(code)}: {last_line(process.log_file)[:160]}"
        self.say(f"{process.label} ended ({why}); starting it again in {pause:g} s; see {process.log_file}")
        self.on_change()

    def stop(self) -> None:
        """No process of the desk runs any more."""
        servers = [process.server for process in self.processes if process.server is not None]
        for server in servers:
            server.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for server in servers:
            server.stop(max(0.1, deadline - time.monotonic()))


def pause_before(crashes: int) -> float:
    """Seconds to wait before the start that follows the given number of crashes in a row."""
    return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (crashes - 1)))


def ending(code: int | None) -> str:
    """How a process ended, in words."""
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def turn_log(log_file: Path) -> None:
    """A log that grew large is kept as `.1`; the process starts a new one."""
    if log_file.exists() and log_file.stat().st_size > LARGEST_LOG_BYTES:
        log_file.replace(log_file.with_suffix(".log.1"))
