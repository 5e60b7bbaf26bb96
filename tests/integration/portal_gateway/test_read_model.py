"""The read model beside a real tickets service: built from events, rebuilt from snapshots, both the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest_asyncio

from services.portal_gateway.app import build
from services.portal_gateway.clients import LogAround, StateTopics
from services.portal_gateway.domain.listing import ItemFilter
from services.portal_gateway.repository.items import Items
from services.portal_gateway.repository.rebuild import Building, Rows
from services.portal_gateway.repository.tracing import TraceRows
from services.portal_gateway.settings import GatewaySettings
from services.portal_gateway.use_cases.parity import differences
from services.portal_gateway.use_cases.rebuild import rebuild
from services.portal_gateway.use_cases.trace import trace
from services.tickets.app import build as build_tickets
from services.tickets.settings import TicketsSettings
from shared.clock import system_clock
from shared.contracts.intake import MessageReceived
from shared.contracts.state import Address, ItemState
from shared.contracts.topics import TOPICS
from shared.ids import new_id
from shared.messaging.host import Host
from shared.postgres.pool import Pool
from tests.integration.wire import Wire, service_settings
from tests.support.waiting import eventually

_TOPICS = tuple(name for name in TOPICS if not name.endswith(".dead"))


@dataclass(frozen=True)
class Desk:
    """tickets and the gateway, on topics of the test's own."""

    wire: Wire
    gateway: Host

    @property
    def pool(self) -> Pool:
        return self.gateway.pool

    @property
    def topics(self) -> StateTopics:
        return StateTopics(self.wire.settings)

    async def mail(self, subject: str) -> MessageReceived:
        """A mail that becomes an item."""
        receipt = new_id()
        message = MessageReceived(
            receipt_id=receipt,
            channel="mail",
            dedupe_key=receipt.hex,
            mailboxes=("support",),
            message_id=f"{receipt.hex}@sorriso.example",
            sender=Address(address="marta@sorriso.example", name="Marta"),
            subject=subject,
            text="It reboots.",
            accepted_at=datetime.now(UTC),
        )
        await self.wire.send(message, receipt.hex, message_id=receipt)
        return message

    async def shown(self, subject: str) -> ItemState:
        """The item of this title, as pages show it; waits for it."""

        async def found() -> ItemState | None:
            page = await Items(self.pool).page(ItemFilter(words=subject), None, 5)
            return page.items[0] if page.items else None

        return await eventually(found, f"an item titled {subject}")

    async def rebuilt(self) -> int:
        async with self.pool.acquire() as connection:
            return await rebuild(self.topics, Building(connection), system_clock(), lambda _: None)

    async def differing(self) -> list[str]:
        async with self.pool.acquire() as connection:
            _, found = await differences(self.topics, Rows(connection))
        return [difference.key for difference in found]


@pytest_asyncio.fixture
async def desk(kafka_bootstrap: str, topic_prefix: str, make_database: Any, tmp_path: Path) -> AsyncIterator[Desk]:
    wire = Wire(kafka_bootstrap, topic_prefix)
    await wire.start(*_TOPICS, watch=("tickets-events",))
    tickets = await build_tickets(
        service_settings(
            TicketsSettings, wire, await make_database("tickets"), tmp_path, tickets_admin_address="admin@desk.example"
        )
    )
    gateway = await build(
        service_settings(GatewaySettings, wire, await make_database("portal_gateway"), tmp_path, gateway_http_port=0)
    )
    await tickets.start()
    await gateway.start()
    yield Desk(wire, gateway)
    await gateway.stop()
    await tickets.stop()
    await wire.stop()


async def test_events_become_rows_that_equal_the_snapshots(desk: Desk) -> None:
    """R22, B14: what the projection made of events is what the owners put on their state topics."""
    for number in range(3):
        await desk.mail(f"parity{number}")
    for number in range(3):
        await desk.shown(f"parity{number}")
    assert await desk.differing() == []


async def test_parity_names_a_row_that_was_tampered_with(desk: Desk) -> None:
    """R22: a row that says something else than the log is found, by its key."""
    await desk.mail("tampered")
    item = await desk.shown("tampered")
    await desk.pool.execute("update item set state = jsonb_set(state, '{title}', '\"x\"') where id = $1", item.id)
    assert await desk.differing() == [f"item:{item.id}"]


async def test_rebuild_restores_lost_rows_while_mail_arrives(desk: Desk) -> None:
    """R22, B14: rows that were lost are there again; nothing that came during the rebuild is missing or doubled."""
    await desk.mail("before")
    lost = await desk.shown("before")
    await desk.pool.execute("delete from item where id = $1", lost.id)
    arriving = asyncio.create_task(_keep_mailing(desk, 20))
    await desk.rebuilt()
    await arriving
    await desk.shown("during19")
    assert await Items(desk.pool).numbered(lost.number) == lost
    titles = [row["title"] for row in await desk.pool.fetch("select state->>'title' as title from item")]
    assert sorted(titles) == sorted(["before", *(f"during{n}" for n in range(20))])
    assert await desk.differing() == []


async def test_rebuild_keeps_what_the_state_topics_do_not_tell_yet(desk: Desk) -> None:
    """An event may be projected before its snapshot is published: the swap carries the newer row over."""
    await desk.mail("ahead")
    item = await desk.shown("ahead")
    ahead = item.model_copy(update={"version": item.version + 5, "title": "ahead of the log"})
    await desk.pool.execute(
        "update item set version = $2, state = $3::jsonb where id = $1",
        item.id,
        ahead.version,
        ahead.model_dump(mode="json"),
    )
    await desk.rebuilt()
    assert await Items(desk.pool).numbered(item.number) == ahead


async def test_answers_sessions_and_feed_outlive_a_rebuild(desk: Desk) -> None:
    """Clients resume by the feed's numbers, and waiting pages find their answers, after a rebuild as before."""
    message = await desk.mail("outlives")
    await desk.shown("outlives")
    before = await desk.pool.fetch("select number, subject from feed order by number")
    await desk.rebuilt()
    assert (await desk.pool.fetch("select number, subject from feed order by number"))[: len(before)] == before
    assert await desk.pool.fetchval("select count(*) from answer where command_id = $1", message.receipt_id) == 1


async def test_trace_finds_the_way_by_number_id_and_correlation(desk: Desk) -> None:
    """B5: one way, whatever names it; records that the index does not hold come from the log itself."""
    message = await desk.mail("traced")
    item = await desk.shown("traced")
    rows, log = TraceRows(desk.pool), LogAround(desk.wire.settings)
    by_number = await trace(rows, log, f"#{item.number}")
    assert by_number is not None
    assert by_number.correlations == (message.receipt_id,)
    types = [step.type.removeprefix("deskstream.").removesuffix(".v1") for step in by_number.steps]
    assert types[0] == "intake.message.received"
    assert {"tickets.item.created", "tickets.command.answered"} <= set(types)
    by_correlation = await trace(rows, log, str(message.receipt_id))
    assert by_correlation is not None
    assert by_correlation.steps == by_number.steps
    assert await trace(rows, log, "999999") is None
    assert await trace(rows, log, "nobody@knows.example") is None


async def _keep_mailing(desk: Desk, count: int) -> None:
    for number in range(count):
        await desk.mail(f"during{number}")
        await asyncio.sleep(0)
