"""What must be there before the services start: roles and schemas, their migrations, the topics."""

from collections.abc import Mapping

from deploy.local.console import Steps
from deploy.local.database import provision
from deploy.local.desk import Desk
from deploy.local.home import ROOT
from deploy.local.replicas import MODULES
from shared.messaging.provision import create_topics
from shared.postgres.migrate import migrate
from shared.settings import KafkaSettings


async def prepare(desk: Desk, admin_url: str, steps: Steps) -> dict[str, str]:
    """Database and topics are as this version of the desk needs them; the services' URLs, by role.

    Raises:
        StackError: The administrator's URL does not allow it.
    """
    with steps.step("Roles and schemas"):
        urls = await provision(admin_url, desk.database, desk.secrets.role_passwords)
    await migrate_all(urls, steps)
    await make_topics(desk, steps)
    return urls


async def migrate_all(urls: Mapping[str, str], steps: Steps) -> None:
    """Each service's schema is at its newest version, made under its own role."""
    with steps.step("Migrations"):
        for service in MODULES:
            steps.detail(service)
            if (ROOT / MODULES[service].replace(".", "/") / "migrations").is_dir():
                await migrate(service, urls[service])


async def make_topics(desk: Desk, steps: Steps) -> None:
    """Every topic of the registry exists, and the broker's group coordinator has woken up; drift is said."""
    settings = KafkaSettings(kafka_bootstrap_servers=desk.kafka_bootstrap_servers, kafka_topic_prefix=desk.topic_prefix)
    with steps.step("Topics"):
        drift = await create_topics(settings)
    for difference in drift:
        steps.say(f"[yellow]{difference}[/]")
