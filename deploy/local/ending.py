"""One desk a home folder, and its end asked for from another terminal."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.home import home_folder, load_run

LOOK_SECONDS = 0.2


@contextmanager
def only_desk_of(home: Path) -> Iterator[None]:
    """No other desk runs from this home while the block runs.

    Raises:
        StackError: One does.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "desk.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(
                f"a desk runs from {home} already",
                "look at it with `./deskstream status`, end it with `./deskstream down`, or set DESKSTREAM_HOME",
            ) from error
        yield


def end_desk(timeout_seconds: float = 15.0) -> None:
    """The desk of this home runs no more.

    Raises:
        StackError: None ran, or it did not end in time.
    """
    home = home_folder()
    os.kill(load_run(home).supervisor_pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        try:
            with only_desk_of(home):
                return
        except StackError:
            time.sleep(LOOK_SECONDS)
    raise StackError(f"the desk of {home} did not end in {timeout_seconds:.0f} s", "look at its terminal")
