"""automation, started in the test's process on topics and a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from services.automation.app import build
from services.automation.settings import AutomationSettings
from shared.messaging.host import Host
from tests.integration.automation.saying import Start
from tests.integration.wire import Wire, service_settings

WATCHED = ("automation-events", "automation-state", "tickets-commands", "notifier-commands")


@pytest_asyncio.fixture
async def wire(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Wire]:
    wire = Wire(kafka_bootstrap, topic_prefix)
    await wire.start("tickets-events", "automation-commands", "tickets-setup", watch=WATCHED)
    yield wire
    await wire.stop()


@pytest_asyncio.fixture
async def start(wire: Wire, make_database: Any, tmp_path: Path) -> AsyncIterator[Start]:
    """Start automation, on the test's one database unless told otherwise."""
    url = await make_database("automation")
    hosts: list[Host] = []

    async def begin(**more: Any) -> Host:
        settings = service_settings(AutomationSettings, wire, more.pop("url", url), tmp_path, **more)
        host = await build(settings)
        hosts.append(host)
        await host.start()
        return host

    yield begin
    for host in hosts:
        await host.stop()
