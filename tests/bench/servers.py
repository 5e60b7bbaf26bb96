"""A broker and a database to measure on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import jars, kafka, postgres
from deploy.local.process import free_ports
from tests.support.servers import JARS

HEAP_MEGABYTES = 512


@dataclass(frozen=True)
class Servers:
    """Where they are."""

    kafka: str
    database: str


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Those that the environment names, else some of our own, thrown away afterwards."""
    given = os.environ.get("TEST_KAFKA_BOOTSTRAP"), os.environ.get("TEST_DATABASE_URL")
    if given[0] and given[1]:
        yield Servers(given[0], given[1])
        return
    port, controller_port, database_port = free_ports(3)
    broker_plan = kafka.KafkaPlan(
        folder / "kafka", folder / "kafka.log", tuple(jars.fetch(JARS)), port, controller_port, HEAP_MEGABYTES
    )
    database_plan = postgres.PostgresPlan(folder / "postgres", folder / "postgres.log", database_port, "admin")
    broker, database = kafka.launch(broker_plan), postgres.launch(database_plan)
    try:
        kafka.wait(broker, broker_plan)
        postgres.wait(database, database_plan)
        yield Servers(broker_plan.bootstrap_servers, database_plan.admin_url)
    finally:
        broker.kill()
        database.stop()
