"""One desk as it is to run: which servers are its own, which are given by URL, and what each process is told."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from obstore.exceptions import BaseError

from deploy.local import ports
from deploy.local.database import database_of
from deploy.local.errors import StackError
from deploy.local.home import ROOT, Secrets, home_folder, load_secrets, master_secret_file
from deploy.local.replicas import Replica
from shared import blobs
from shared.errors import TransientError

HOST = "127.0.0.1"
DEFAULT_DOMAIN = "desk.example"
REACH_SECONDS = 5.0


@dataclass(frozen=True)
class External:
    """The servers that somebody else runs; None is one that the desk brings itself."""

    kafka: str | None
    database: str | None
    blobs: str | None
    smtp: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "External":
        """As `KAFKA_BOOTSTRAP_SERVERS`, `DATABASE_URL`, `BLOB_URL` and `SMTP_URL` say; empty is unset."""
        names = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "BLOB_URL", "SMTP_URL")
        return cls(*(environment.get(name) or None for name in names))

    def check(self) -> None:
        """Every server that is given answers.

        Raises:
            StackError: A server is away, or its address is none.
        """
        if self.kafka:
            servers = [server.strip() for server in self.kafka.split(",")]
            if not any(reachable(f"kafka://{server}", 9092) for server in servers):
                raise unreachable("Kafka", self.kafka, "KAFKA_BOOTSTRAP_SERVERS")
        if self.database and not reachable(self.database, 5432):
            raise unreachable("PostgreSQL", address_of(self.database), "DATABASE_URL")
        if self.smtp and not reachable(self.smtp, 25):
            raise unreachable("the mail server", address_of(self.smtp), "SMTP_URL")
        if self.blobs:
            check_blobs(self.blobs)


@dataclass(frozen=True)
class Desk:
    """Everything that is known before the first process starts.

    Args:
        home: Its folder.
        replicas: The processes of the five services.
        external: Servers that are given.
        ports: By name: `http`, `smtp`, `mail`, and those between the desk's own processes.
        secrets: Generated passwords.
        environment: The environment that `up` was called with.
    """

    home: Path
    replicas: tuple[Replica, ...]
    external: External
    ports: Mapping[str, int]
    secrets: Secrets
    environment: Mapping[str, str] = field(repr=False)

    @property
    def kafka_bootstrap_servers(self) -> str:
        return self.external.kafka or f"{HOST}:{self.ports['kafka']}"

    @property
    def topic_prefix(self) -> str:
        return self.environment.get("KAFKA_TOPIC_PREFIX", "")

    @property
    def database(self) -> str:
        """The desk's own database."""
        return database_of(self.external.database or "")

    @property
    def blob_url(self) -> str:
        return self.external.blobs or (self.home / "blobs").as_uri()

    @property
    def smtp_url(self) -> str:
        return self.external.smtp or f"smtp://{HOST}:{self.ports['catcher_smtp']}"

    @property
    def mail_catcher_url(self) -> str | None:
        return None if self.external.smtp else f"http://{HOST}:{self.ports['mail']}"

    @property
    def public_url(self) -> str:
        return (self.environment.get("PUBLIC_URL") or f"http://{HOST}:{self.ports['http']}").rstrip("/")

    @property
    def mail_domain(self) -> str:
        return self.environment.get("MAIL_DOMAIN") or DEFAULT_DOMAIN

    @property
    def admin_address(self) -> str:
        return self.environment.get("TICKETS_ADMIN_ADDRESS") or f"admin@{self.mail_domain}"

    @property
    def support_address(self) -> str:
        return f"support@{self.mail_domain}"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def health_url(self, replica: Replica) -> str:
        return f"http://{HOST}:{self.ports[f'health-{replica.label}']}"

    def http_port(self, replica: Replica) -> int:
        """The first gateway has the port that people type, the others one of their own."""
        return self.ports["http" if replica.number == 1 else f"http-{replica.label}"]

    def smtp_port(self, replica: Replica) -> int:
        """The first door has the port that mail servers use, the others one of their own."""
        return self.ports["smtp" if replica.number == 1 else f"smtp-{replica.label}"]

    def environment_of(self, replica: Replica, database_url: str) -> dict[str, str]:
        """What the process of `replica` is told; the rest of the caller's environment passes through."""
        return {
            **self.environment,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers,
            "KAFKA_TOPIC_PREFIX": self.topic_prefix,
            "DATABASE_URL": database_url,
            "BLOB_URL": self.blob_url,
            "PUBLIC_URL": self.public_url,
            "SECRET_FILE": str(master_secret_file(self.home)),
            "MAIL_DOMAIN": self.mail_domain,
            "HEALTH_HOST": HOST,
            "HEALTH_PORT": str(self.ports[f"health-{replica.label}"]),
            "LOG_FORMAT": self.environment.get("LOG_FORMAT", "json"),
            "REPLICA": replica.label,
            **self.own_environment(replica),
        }

    def own_environment(self, replica: Replica) -> dict[str, str]:
        """What only this service is told."""
        if replica.service == "intake":
            host = self.environment.get("INTAKE_SMTP_HOST", HOST)
            return {"INTAKE_SMTP_HOST": host, "INTAKE_SMTP_PORT": str(self.smtp_port(replica))}
        if replica.service == "tickets":
            return {"TICKETS_ADMIN_ADDRESS": self.admin_address}
        if replica.service == "notifier":
            return {"SMTP_URL": self.smtp_url}
        if replica.service == "gateway":
            host = self.environment.get("GATEWAY_HTTP_HOST", HOST)
            return {"GATEWAY_HTTP_HOST": host, "GATEWAY_HTTP_PORT": str(self.http_port(replica))}
        return {}


def plan_desk(replicas: list[Replica]) -> Desk:
    """The desk that this environment describes: its folder made, its ports free, its given servers there.

    Raises:
        StackError: A port is taken, a server does not answer, or the folder cannot be written.
    """
    home = home_folder()
    try:
        (home / "logs").mkdir(parents=True, exist_ok=True)
        (home / "blobs").mkdir(exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise StackError(
            f"{home} cannot be used ({error.strerror})", "set DESKSTREAM_HOME to a folder of yours"
        ) from error
    external = External.from_environment(os.environ)
    external.check()
    names = port_names(replicas, external)
    is_default_home = home == ROOT / ".deskstream"
    return Desk(
        home=home,
        replicas=tuple(replicas),
        external=external,
        ports=ports.choose_ports(home, names, is_default_home=is_default_home),
        secrets=load_secrets(home),
        environment=dict(os.environ),
    )


def port_names(replicas: list[Replica], external: External) -> list[str]:
    """Every port that this desk opens, public ones first."""
    names = ["http", "smtp"]
    if external.smtp is None:
        names += ["mail", "catcher_smtp"]
    if external.kafka is None:
        names += ["kafka", "kafka_controller"]
    if external.database is None:
        names.append("postgres")
    for replica in replicas:
        names.append(f"health-{replica.label}")
        if replica.service == "gateway" and replica.number > 1:
            names.append(f"http-{replica.label}")
        if replica.service == "intake" and replica.number > 1:
            names.append(f"smtp-{replica.label}")
    return names


def reachable(url: str, default_port: int) -> bool:
    """Whether somebody accepts a TCP connection at the URL's host and port."""
    try:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or default_port), REACH_SECONDS):
            return True
    except (OSError, ValueError):
        return False


def check_blobs(url: str) -> None:
    """The blob store of the URL answers.

    Raises:
        StackError: It does not, or the URL names no store.
    """
    try:
        blobs.reach(url, int(REACH_SECONDS))
    except TransientError as error:
        raise unreachable("the blob store", address_of(url), "BLOB_URL") from error
    except (BaseError, OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "want file:///…, s3://…, gs://… or az://…"
        raise StackError(
            f"BLOB_URL names no store that can be used ({reason})", "correct it, or unset it for a local folder"
        ) from error


def unreachable(what: str, address: str, variable: str) -> StackError:
    """The sentence for a given server that does not answer."""
    return StackError(
        f"{what} at {address} does not answer", f"start it, correct {variable}, or unset it for a local one"
    )


def address_of(url: str) -> str:
    """Host and port of a URL, without the password it may carry."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
