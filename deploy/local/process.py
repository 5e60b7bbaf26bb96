"""Long-running servers as child processes: started with a log file, waited for, stopped without a trace.

A server never outlives the process that started it: the kernel signals it when its starter dies (Linux,
`setpriv`), and its pid file lets the next start end what was left elsewhere.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.errors import StackError

POLL_SECONDS = 0.05


@dataclass
class Server:
    """One running child and where it writes.

    Args:
        name: How messages to the user call it.
        process: The child, leader of its own session, so that Ctrl-C in the terminal does not reach it.
        log_file: Its standard output and error.
        stop_signal: What makes it end in good order.
    """

    name: str
    process: subprocess.Popen[bytes]
    log_file: Path
    stop_signal: signal.Signals

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until(self, ready: Callable[[], bool], timeout_seconds: float) -> None:
        """Return once `ready` holds.

        Raises:
            StackError: It ended or was not ready in time; the log's last line is part of the sentence.
        """
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if self.process.poll() is not None:
                raise StackError(f"{self.name} ended at start: {last_line(self.log_file)}", f"see {self.log_file}")
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} was not ready in {timeout_seconds:.0f} s", f"see {self.log_file}")
            time.sleep(POLL_SECONDS)

    def ask_to_stop(self) -> None:
        """The process has been told to end, if it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def stop(self, timeout_seconds: float = 8.0) -> None:
        """The process is gone: asked first, killed when it takes longer than `timeout_seconds`."""
        self.ask_to_stop()
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """The process is gone at once; for data that nobody needs any more."""
        self.process.kill()
        self.process.wait()


def start_server(
    name: str,
    command: Sequence[str],
    log_file: Path,
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> Server:
    """Start `command` in a session of its own, its output appended to `log_file`."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [*prefix, *dies_with_parent(stop_signal), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(os.environ if environment is None else environment),
        )
    return Server(name, process, log_file, stop_signal)


def dies_with_parent(stop_signal: signal.Signals) -> list[str]:
    """The command prefix under which a child is sent `stop_signal` when its parent dies, where there is one."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", stop_signal.name.removeprefix("SIG"), "--"] if setpriv else []


def end_left_over(pid_file: Path, marker: str, timeout_seconds: float = 10.0) -> None:
    """End the process that an earlier, killed start left behind.

    Args:
        pid_file: Written by that start; its first line is the pid.
        marker: Must be part of the process's command line, so that a reused pid is left alone.
        timeout_seconds: What it gets before it is killed.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if not any(marker in argument for argument in process.cmdline()):
            return
        process.terminate()
        process.wait(timeout_seconds)
    except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
        return
    except psutil.TimeoutExpired:
        process.kill()


def accepts(host: str, port: int) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """Different TCP ports of the loopback address that nobody holds at this moment.

    Asked for one by one, two may be the same: the system gives a port anew once it is let go.
    """
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def free_port() -> int:
    """A TCP port of the loopback address that nobody holds at this moment."""
    return free_ports(1)[0]


def last_line(log_file: Path) -> str:
    """The last line of a log that says something, or `no output`."""
    if not log_file.exists():
        return "no output"
    lines = [line.strip() for line in log_file.read_text(errors="replace").splitlines()[-40:]]
    return next((line for line in reversed(lines) if line), "no output")
