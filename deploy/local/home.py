"""The desk's home folder: its data, logs and secrets, and `run.json`, which tells where the running desk is.

The folder is `DESKSTREAM_HOME`, else `.deskstream/` in the clone. Every file with a secret in it has mode 0600.
"""

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import psutil
from pydantic import BaseModel, ConfigDict

from deploy.local.database import SERVICE_ROLES
from deploy.local.errors import StackError

ROOT = Path(__file__).resolve().parents[2]
PASSWORD_BYTES = 24


class Door(BaseModel):
    """A host and a port."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int


class Process(BaseModel):
    """One replica of a service, as it runs now."""

    model_config = ConfigDict(frozen=True)

    name: str
    replica: str
    pid: int | None
    health_url: str
    # Where a gateway's replica serves pages; others have none.
    url: str | None = None


class LocalProcess(BaseModel):
    """A server that the desk runs itself."""

    model_config = ConfigDict(frozen=True)

    pid: int


class Run(BaseModel):
    """What any command needs to know of the running desk; `database_urls` are by role."""

    model_config = ConfigDict(frozen=True)

    supervisor_pid: int
    started_at: float
    kafka_bootstrap_servers: str
    topic_prefix: str
    database_urls: dict[str, str]
    admin_database_url: str
    blob_url: str
    public_url: str
    smtp: Door
    mail_catcher_url: str | None
    secret_file: Path
    mail_domain: str
    support_address: str
    admin_address: str
    services: list[Process]
    # Servers that this desk runs itself; those given by URL are not its own.
    servers: dict[str, LocalProcess] = {}


class Secrets(BaseModel):
    """What is generated at first start and never printed."""

    model_config = ConfigDict(frozen=True)

    postgres_password: str
    role_passwords: dict[str, str]


def home_folder() -> Path:
    """The home folder that this environment means; it may not exist yet."""
    return Path(os.environ.get("DESKSTREAM_HOME") or ROOT / ".deskstream").expanduser().resolve()


def cache_folder() -> Path:
    """Where downloads lie that several desks share."""
    return Path(os.environ.get("DESKSTREAM_CACHE") or ROOT / ".deskstream-cache").expanduser().resolve()


def load_run(home: Path | None = None) -> Run:
    """The desk that runs from this home folder.

    Raises:
        StackError: None runs there.
    """
    run_file = run_file_of(home or home_folder())
    remedy = "start it with `make run` or `./deskstream up`, or set DESKSTREAM_HOME to the home of one that runs"
    if not run_file.exists():
        raise StackError(f"no desk runs from {run_file.parent}", remedy)
    run = Run.model_validate_json(run_file.read_bytes())
    if not psutil.pid_exists(run.supervisor_pid):
        raise StackError(f"the desk of {run_file.parent} has ended", remedy)
    return run


def save_run(home: Path, run: Run) -> None:
    """`run.json` says what `run` says; a reader sees the old or the new one, never half."""
    write_private(run_file_of(home), run.model_dump_json(indent=2) + "\n")


def forget_run(home: Path) -> None:
    """No desk runs from `home` any more."""
    run_file_of(home).unlink(missing_ok=True)


def run_file_of(home: Path) -> Path:
    return home / "run.json"


def load_secrets(home: Path) -> Secrets:
    """The home's passwords, generated when it has none."""
    secrets_file = home / "secrets.json"
    known: dict[str, Any] = json.loads(secrets_file.read_text()) if secrets_file.exists() else {}
    passwords = known.get("role_passwords", {})
    complete = Secrets(
        postgres_password=known.get("postgres_password") or new_password(),
        role_passwords={role: passwords.get(role) or new_password() for role in SERVICE_ROLES},
    )
    if complete.model_dump() != known:
        write_private(secrets_file, complete.model_dump_json(indent=2) + "\n")
    return complete


def master_secret_file(home: Path) -> Path:
    """The file of the desk's master secret, 32 bytes in hex, made when there is none."""
    secret_file = home / "master.secret"
    if not secret_file.exists():
        write_private(secret_file, secrets.token_hex(32) + "\n")
    return secret_file


def new_password() -> str:
    """A password that needs no quoting in a URL."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def write_private(path: Path, text: str) -> None:
    """`path` holds `text`, readable by its owner only, replaced as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes its file with mode 0600.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
