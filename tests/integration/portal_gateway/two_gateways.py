"""Two gateways over one read model, beside a real tickets service; other owners are played by the test itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from pydantic import SecretStr

from deploy.local.process import free_ports
from services.portal_gateway.app import build
from services.portal_gateway.console import Place, create_token
from services.portal_gateway.settings import GatewaySettings
from services.tickets.app import build as build_tickets
from services.tickets.settings import TicketsSettings
from shared.contracts.answers import Answer
from shared.contracts.base import Message
from shared.contracts.state import StaffRole
from shared.contracts.topics import TOPICS
from shared.messaging.host import Host
from shared.messaging.records import Incoming
from shared.postgres.pool import Pool
from tests.integration.wire import Wire, service_settings
from tests.support.servers import Templates
from tests.support.waiting import eventually

M = TypeVar("M", bound=Message)
_TOPICS = tuple(name for name in TOPICS if not name.endswith(".dead"))
COMMANDS = ("tickets-commands", "automation-commands", "intake-commands", "notifier-commands")
Json = dict[str, Any]


@dataclass
class Desk:
    """The gateways as their clients see them, and what the test needs behind them."""

    wire: Wire
    hosts: list[Host]
    urls: list[str]
    place: Place
    tickets: Host
    folder: Path
    token: str = ""

    @property
    def pool(self) -> Pool:
        return self.hosts[0].pool

    def client(self, replica: int = 0, token: str | None = None, **more: Any) -> httpx2.AsyncClient:
        shown = self.token if token is None else token
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        return httpx2.AsyncClient(base_url=self.urls[replica], headers=headers, timeout=20, **more)

    async def new_token(self, role: StaffRole = "administrator", name: str = "test") -> str:
        return await create_token(self.place, name, role)

    async def new_item(self, client: httpx2.AsyncClient, title: str = "ONT reboots", **more: Any) -> Json:
        body = {"type": "request", "title": title, "text": "It does.", "requester": {"address": "ana@shop.example"}}
        made = await client.post("/api/v1/items", json={**body, **more})
        if made.status_code == 202:

            async def outcome() -> Json | None:
                told = (await client.get(made.json()["url"])).json()
                return dict(told) if told["outcome"] != "pending" else None

            return dict((await client.get((await eventually(outcome, "the new item"))["url"])).json())
        assert made.status_code == 201, made.text
        return dict(made.json())

    async def asked(self, kind: type[M], *, seen: int = 0) -> tuple[Incoming, M]:
        """The command of this kind that a gateway put on the log, after `seen` earlier ones."""
        found = (await self.wire.wait_for(kind, count=seen + 1))[seen]
        assert isinstance(found.body, kind)
        return found, found.body

    def count(self, kind: type[Message]) -> int:
        return len([m for m in self.wire.seen if isinstance(m.body, kind)])

    async def tell(self, cause: Incoming, key: str, *bodies: Message) -> None:
        """Facts, then the answer, as an owner says them."""
        for body in bodies:
            await self.wire.send(body, key, correlationid=cause.envelope.correlationid, causationid=cause.envelope.id)


def done(kind: type[Answer], cause: Incoming, **result: Any) -> Answer:
    """The answer of an owner that did it."""
    return kind(command_id=cause.envelope.id, outcome="done", result=result)


def refused(kind: type[Answer], cause: Incoming, code: str, text: str = "No.", **more: Any) -> Answer:
    """The answer of an owner that did not."""
    return kind(command_id=cause.envelope.id, outcome="refused", code=code, text=text, **more)


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def running_desk(
    bootstrap: str, prefix: str, templates: Templates, folder: Path, **settings: Any
) -> AsyncIterator[Desk]:
    """tickets and two gateways, ready, with a token of an administrator."""
    wire = Wire(bootstrap, prefix)
    await wire.start(*_TOPICS, watch=("tickets-events", *COMMANDS))
    tickets_name, tickets_url = await templates.clone("tickets")
    name, url = await templates.clone("portal_gateway")
    tickets = await build_tickets(
        service_settings(TicketsSettings, wire, tickets_url, folder, tickets_admin_address="admin@desk.example")
    )
    ports = free_ports(2)
    hosts = [
        await build(
            service_settings(
                GatewaySettings, wire, url, folder, gateway_http_port=port, replica=f"gateway-{number}", **settings
            )
        )
        for number, port in enumerate(ports)
    ]
    desk = Desk(
        wire,
        hosts,
        [f"http://127.0.0.1:{port}" for port in ports],
        Place(SecretStr(url), wire.settings),
        tickets,
        folder,
    )
    try:
        for host in (tickets, *hosts):
            await host.start()
        for replica in range(len(hosts)):
            await eventually(partial(_ready, desk, replica), f"gateway {replica} to be ready")
        desk.token = await desk.new_token()
        yield desk
    finally:
        for host in (*hosts, tickets):
            await host.stop()
        await wire.stop()
        for each in (name, tickets_name):
            await templates.drop(each)


async def _ready(desk: Desk, replica: int) -> bool:
    async with desk.client(replica, token="") as client:
        try:
            return (await client.get("/readyz")).status_code == 200
        except httpx2.ConnectError:
            return False


def uuid_of(value: Any) -> UUID:
    return UUID(str(value))
