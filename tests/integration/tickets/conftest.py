"""tickets on topics and a database of a test's own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from services.tickets.app import build
from services.tickets.settings import TicketsSettings
from shared.messaging.host import Host
from tests.integration.wire import Wire, service_settings

TOPICS = ("intake-messages", "tickets-commands")
WATCHED = ("tickets-events", "tickets-state", "tickets-setup")


@dataclass(frozen=True)
class RunningTickets:
    """The service as it runs, and what it was told."""

    wire: Wire
    settings: TicketsSettings
    host: Host


@pytest_asyncio.fixture
async def tickets(
    kafka_bootstrap: str, topic_prefix: str, make_database: Any, tmp_path: Path
) -> AsyncIterator[RunningTickets]:
    wire = Wire(kafka_bootstrap, topic_prefix)
    await wire.start(*TOPICS, watch=WATCHED)
    url = await make_database("tickets")
    settings = service_settings(TicketsSettings, wire, url, tmp_path, tickets_admin_address="admin@desk.example")
    host = await build(settings)
    await host.start()
    yield RunningTickets(wire, settings, host)
    await host.stop()
    await wire.stop()


@pytest_asyncio.fixture
async def wire(tickets: RunningTickets) -> Wire:
    return tickets.wire
