"""Which ports a desk uses: known ones in the clone's own home, others in another home, stable in both.

A port that people or mail servers use is never changed silently: when it is taken the start ends and names it.
Ports between the desk's own processes move when they must.
"""

import json
import os
import socket
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.local.errors import StackError

# What people type, and the variable that changes it.
PUBLIC = {"http": 8080, "smtp": 2525, "mail": 8025}
VARIABLES = {"http": "DESKSTREAM_HTTP_PORT", "smtp": "DESKSTREAM_SMTP_PORT", "mail": "DESKSTREAM_MAIL_PORT"}
# Below the range from which the kernel gives out ports by itself.
FIRST, LAST = 20_000, 32_000


def choose_ports(home: Path, names: list[str], *, is_default_home: bool) -> dict[str, int]:
    """A port for each name, remembered in the home's `ports.json`.

    Args:
        home: Whose ports they are; its path decides where the search begins.
        names: `http`, `smtp`, `mail` and any others.
        is_default_home: Whether the known numbers are used for the public ones.

    Raises:
        StackError: A public port is taken; by whom, and what to set, is said.
    """
    remembered = load(home)
    chosen: dict[str, int] = {}
    numbers = candidates(home)
    for name in names:
        fixed = set_by_user(name) or (PUBLIC.get(name) if is_default_home else None)
        port = fixed or remembered.get(name)
        if port is not None and port not in chosen.values() and is_free(port):
            chosen[name] = port
        elif fixed or (name in PUBLIC and port is not None):
            raise taken(name, port)
        else:
            chosen[name] = next(number for number in numbers if number not in chosen.values() and is_free(number))
    save(home, {**remembered, **chosen})
    return chosen


def candidates(home: Path) -> Iterator[int]:
    """Numbers to try, starting at one that another home hardly shares."""
    size = LAST - FIRST
    start = zlib.crc32(str(home).encode()) % size
    return (FIRST + (start + step) % size for step in range(size))


def set_by_user(name: str) -> int | None:
    """The port that the environment asks for.

    Raises:
        StackError: The variable holds no port number.
    """
    value = os.environ.get(VARIABLES.get(name, ""))
    if value is None:
        return None
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise StackError(f"{VARIABLES[name]}={value} is no port", "set it to a number from 1 to 65535")
    return int(value)


def taken(name: str, port: int | None) -> StackError:
    """The sentence for a public port that somebody else holds."""
    return StackError(f"port {port} ({name}) is taken{holder(port)}", f"end that program, or set {VARIABLES[name]}")


def holder(port: int | None) -> str:
    """Who holds the port, as far as this user may know."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            local = connection.laddr
            if connection.status == psutil.CONN_LISTEN and local and local.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""


def is_free(port: int) -> bool:
    """Whether a server could listen there now, on the loopback address and on all."""
    for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - asked, not opened: a server on all addresses holds it too
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def load(home: Path) -> dict[str, int]:
    """The ports that this home used last."""
    ports_file = home / "ports.json"
    return dict(json.loads(ports_file.read_text())) if ports_file.exists() else {}


def save(home: Path, ports: Mapping[str, int]) -> None:
    """The next start finds the same ports."""
    (home / "ports.json").write_text(json.dumps(dict(ports), indent=2) + "\n")
