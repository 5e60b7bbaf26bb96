"""A portal under test: the gateway with its database, a test that plays the owner of items on the log."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from selectolax.lexbor import LexborHTMLParser

from deploy.local.process import free_port
from services.portal_gateway.app import build
from services.portal_gateway.domain.form_token import form_subject, mint_form_token
from services.portal_gateway.repository.read_model import ReadModel
from services.portal_gateway.settings import GatewaySettings
from shared.blobs import Blobs
from shared.contracts.answers import TicketsAnswered
from shared.contracts.intake import FormSubmitted, RequestPageAnswered
from shared.contracts.state import (
    BrandState,
    FieldOption,
    FieldSpec,
    FormState,
    ItemState,
    MailboxState,
    MessageState,
    PersonRef,
    Snapshot,
    StatusSpec,
    TypeState,
)
from shared.contracts.tickets import ItemCreated, MessageAdded
from shared.ids import derived_id, new_id
from shared.links import RequestLink, mint_request_token
from shared.messaging.host import Host
from shared.messaging.records import Incoming
from shared.secrets import Keys
from tests.integration.wire import Wire, service_settings
from tests.support.waiting import eventually
from tests.unit.portal_gateway.portal.builders import STATUSES, item, message, person, ref

LIMIT = 100_000
KEYS = Keys(bytes.fromhex("ab" * 32))
SHOP = FieldSpec(
    key="shop",
    label="Which shop?",
    kind="select",
    required=True,
    options=(FieldOption(key="porto", label="Porto"), FieldOption(key="lisboa", label="Lisboa")),
)


def setup_rows() -> list[Snapshot]:
    """One form of each kind that matters: open, closed, of a retired type."""
    types = [
        TypeState(version=1, key="request", label="Request", statuses=STATUSES),
        TypeState(version=1, key="hardware", label="Hardware", statuses=STATUSES, fields=(SHOP,)),
        TypeState(
            version=1,
            key="old",
            label="Old",
            statuses=(StatusSpec(key="new", label="New", state="not_started"),),
            retired=True,
        ),
    ]
    forms = [
        FormState(version=1, key=key, type=kind, title=title, mailbox="support", open=is_open)
        for key, kind, title, is_open in (
            ("request", "request", "Ask us something", True),
            ("hardware", "hardware", "Report a device", True),
            ("closed", "request", "Closed form", False),
            ("old", "old", "Form of a retired type", True),
        )
    ]
    mailbox = MailboxState(version=1, key="support", address="support@desk.example", label="Support", type="request")
    return [*types, *forms, mailbox, BrandState(version=4, key="main", name="Lagoon & Reef", colour="#0b5d6b")]


def hidden(page: str) -> dict[str, str]:
    """What a browser sends along of the form on a page."""
    inputs = LexborHTMLParser(page).css("main form input[type=hidden]")
    return {str(node.attributes["name"]): str(node.attributes.get("value") or "") for node in inputs}


def text_of(page: str) -> str:
    """What a reader sees of a page."""
    body = LexborHTMLParser(page).body
    return " ".join(body.text(separator=" ").split()) if body is not None else ""


@dataclass
class Site:
    """Replicas of the gateway over one database."""

    wire: Wire
    hosts: list[Host]
    clients: list[httpx2.AsyncClient]
    blobs: Blobs
    form: dict[str, str] = field(
        default_factory=lambda: {
            "name": "Ana Torres",
            "address": "ana@cliente.example",
            "title": "Fish stopped eating",
            "text": "Since Saturday.",
        }
    )

    @property
    def http(self) -> httpx2.AsyncClient:
        return self.clients[0]

    async def put(self, *snapshots: Snapshot) -> None:
        """These rows stand in the read model."""
        async with self.hosts[0].pool.acquire() as connection, connection.transaction():
            await ReadModel(connection).put(snapshots)

    async def fields(self, key: str = "request", **changes: str) -> dict[str, str]:
        """A filled form with the token of a page that was just served."""
        page = await self.http.get(f"/portal/forms/{key}")
        assert page.status_code == 200, page.text[:300]
        return {**self.form, **hidden(page.text), **{name.replace("__", "."): value for name, value in changes.items()}}

    async def post(self, values: dict[str, str], key: str = "request", **more: Any) -> httpx2.Response:
        return await self.http.post(f"/portal/forms/{key}", data=values, **more)

    async def submitted(self, count: int = 1) -> list[Incoming]:
        """What stands on the log of forms."""
        return await self.wire.wait_for(FormSubmitted, count=count)

    async def answer_form(self, sent: FormSubmitted, number: int = 1042) -> ItemState:
        """Play the owner: the item is made, the receipt answered."""
        who = ref(sent.address, name=sent.name)
        made = item(who, id=derived_id(sent.receipt_id, "item"), number=number, title=sent.title)
        said = message(
            made, sent.text, id=derived_id(sent.receipt_id, "message"), subject=sent.title, receipt_id=sent.receipt_id
        )
        said = said.model_copy(update={"attachments": sent.attachments})
        await self.wire.send(ItemCreated(item=made, message=said), str(made.id), correlationid=sent.receipt_id)
        await self.answer(sent.receipt_id, made, said)
        return made

    async def answer_page(self, sent: RequestPageAnswered, of: ItemState, who: PersonRef) -> MessageState:
        """Play the owner: the message joins its item, the receipt is answered."""
        said = message(
            of, sent.text, id=derived_id(sent.receipt_id, "message"), author=who, created_at=datetime.now(UTC)
        )
        newer = of.model_copy(update={"version": of.version + 1})
        await self.wire.send(MessageAdded(item=newer, message=said), str(of.id), correlationid=sent.receipt_id)
        await self.answer(sent.receipt_id, of, said)
        return said

    async def answer(self, receipt_id: UUID, of: ItemState, said: MessageState) -> None:
        result: dict[str, Any] = {"item_id": str(of.id), "number": of.number, "message_id": str(said.id)}
        body = TicketsAnswered(command_id=receipt_id, outcome="done", result=result)
        await self.wire.send(body, str(of.id), correlationid=receipt_id)

    async def open_item(self, who: PersonRef, *messages: MessageState, **changes: Any) -> ItemState:
        """An item of somebody, with its conversation, stands in the read model."""
        made = item(who, **{"number": int(new_id().int % 1_000_000_000) + 1, **changes})
        moved = [m.model_copy(update={"item_id": made.id}) if m.item_id.int == 0 else m for m in messages]
        await self.put(made, person(who), *moved)
        return made

    def link(self, of: ItemState, who: PersonRef, *, nonce: str = "", age: int = 3600) -> str:
        """The link that a mail to this person has."""
        expires = int(datetime.now(UTC).timestamp()) + age
        token = mint_request_token(KEYS, RequestLink(of.id, who.id, nonce or who.link_nonce, expires))
        return f"/portal/requests/{token}"

    def token_of(self, key: str, made_at: datetime) -> str:
        """A form's token as it was made at some moment."""
        return mint_form_token(KEYS, form_subject(key), new_id(), made_at)

    async def stop(self) -> None:
        """Nothing of it runs; stopped twice is stopped once."""
        clients, self.clients = self.clients, []
        hosts, self.hosts = self.hosts, []
        for client in clients:
            await client.aclose()
        for host in hosts:
            await host.stop()
        if hosts:
            await self.wire.stop()


async def start_site(
    wire: Wire, database_url: str, folder: Path, *, replicas: int = 1, broker: str = "", **settings: Any
) -> Site:
    """Replicas of the gateway, started and set up; `broker` is another than the test's own."""
    hosts, clients = [], []
    for replica in range(replicas):
        port = free_port()
        told = {"gateway_http_port": port, "gateway_max_upload_bytes": LIMIT, "replica": str(replica + 1), **settings}
        found = service_settings(GatewaySettings, wire, database_url, folder, **told)
        host = await build(found.model_copy(update={"kafka_bootstrap_servers": broker} if broker else {}))
        await host.start()
        hosts.append(host)
        clients.append(httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20))
    site = Site(wire, hosts, clients, Blobs(f"file://{folder}/blobs"))
    for client in clients:
        await eventually(_answers(client), "the gateway's pages")
    await site.put(*setup_rows())
    return site


def _answers(client: httpx2.AsyncClient) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        try:
            return (await client.get("/healthz")).status_code == 200
        except httpx2.TransportError:
            return False

    return answers


async def listening(site: Site) -> None:
    """Every replica hears what the owners say: without it an answer comes late, which is another test."""
    for host in site.hosts:
        await eventually(lambda host=host: _is_ready(host), "the gateway to follow the log")  # type: ignore[misc]
    await asyncio.sleep(0)


async def _is_ready(host: Host) -> bool:
    return not await host.ready()
