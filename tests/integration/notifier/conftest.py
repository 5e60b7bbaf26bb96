"""notifier on a real Kafka and a real PostgreSQL, in front of a mail server that does what a test tells it to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio

from services.notifier.app import build
from services.notifier.settings import NotifierSettings
from shared.messaging.host import Host
from tests.integration.notifier.sink import Sink
from tests.integration.wire import Wire, service_settings

Start = Callable[..., Awaitable[Host]]


@pytest_asyncio.fixture
async def wire(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Wire]:
    wire = Wire(kafka_bootstrap, topic_prefix)
    topics = ("tickets-events", "notifier-commands", "intake-events", "tickets-setup")
    await wire.start(*topics, watch=("notifier-events", "notifier-state"))
    yield wire
    await wire.stop()


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[Sink]:
    sink = Sink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest_asyncio.fixture
async def database(make_database: Any) -> str:
    return str(await make_database("notifier"))


@pytest_asyncio.fixture
async def start(wire: Wire, sink: Sink, database: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Start notifier, on the test's one database unless told otherwise."""
    hosts: list[Host] = []

    async def begin(**more: Any) -> Host:
        values = {"smtp_url": sink.url, **more}
        settings = service_settings(NotifierSettings, wire, values.pop("url", database), tmp_path, **values)
        host = await build(settings)
        hosts.append(host)
        await host.start()
        return host

    yield begin
    for host in hosts:
        await host.stop()
