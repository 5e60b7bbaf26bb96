"""What must be there before the services start: roles and schemas, their migrations, the topics."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.console import Steps
from deploy.local.database import SERVICE_ROLES, database_of, provision
from deploy.local.desk import Desk
from deploy.local.errors import StackError
from deploy.local.home import ROOT
from deploy.local.replicas import MODULES
from shared.errors import TransientError
from shared.messaging.provision import create_topics
from shared.postgres.migrate import migrate
from shared.settings import KafkaSettings


@dataclass(frozen=True)
class Servers:
    """The servers of a desk, and the passwords that its services get.

    Args:
        admin_url: Of a role that may create roles and databases.
        database: The desk's own.
        passwords: By role, of every service.
        kafka: Where the topics are made.
    """

    admin_url: str
    database: str
    passwords: Mapping[str, str]
    kafka: KafkaSettings


async def prepare(servers: Servers, steps: Steps) -> dict[str, str]:
    """Database and topics are as this version of the desk needs them; the services' URLs, by role.

    Raises:
        StackError: The administrator may not do it, or a server does not answer.
    """
    with steps.step("Roles and schemas"):
        urls = await provision(servers.admin_url, servers.database, servers.passwords)
    await migrate_all(urls, steps)
    await make_topics(servers.kafka, steps)
    return urls


async def migrate_all(urls: Mapping[str, str], steps: Steps) -> None:
    """Each service's schema is at its newest version, made under its own role."""
    with steps.step("Migrations"):
        for service in MODULES:
            steps.detail(service)
            if (ROOT / MODULES[service].replace(".", "/") / "migrations").is_dir():
                await migrate(service, urls[service])


async def make_topics(settings: KafkaSettings, steps: Steps) -> None:
    """Every topic of the registry exists, and the broker's group coordinator has woken up; drift is said."""
    with steps.step("Topics"):
        try:
            drift = await create_topics(settings)
        except TransientError as error:
            raise StackError(str(error), "start it, or correct KAFKA_BOOTSTRAP_SERVERS") from error
    for difference in drift:
        steps.say(f"[yellow]{difference}[/]")


def servers_of(desk: Desk, admin_url: str) -> Servers:
    """The servers of a desk on this machine, whether its own or given."""
    kafka = KafkaSettings(kafka_bootstrap_servers=desk.kafka_bootstrap_servers, kafka_topic_prefix=desk.topic_prefix)
    return Servers(admin_url, desk.database, desk.secrets.role_passwords, kafka)


def given_servers(environment: Mapping[str, str]) -> Servers:
    """The servers that a container's environment names, with a password for each role.

    Raises:
        StackError: A variable is missing.
    """
    needed = {role: f"{role.upper()}_DATABASE_PASSWORD" for role in SERVICE_ROLES}
    for variable in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", *needed.values()):
        if not environment.get(variable):
            raise StackError(f"{variable} is not set", "set it; `up` needs none of this on one machine")
    admin_url = environment["DATABASE_URL"]
    passwords = {role: environment[variable] for role, variable in needed.items()}
    kafka = KafkaSettings(kafka_bootstrap_servers=environment["KAFKA_BOOTSTRAP_SERVERS"])
    return Servers(admin_url, database_of(admin_url), passwords, kafka)
