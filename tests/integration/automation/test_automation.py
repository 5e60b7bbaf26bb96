"""automation on a real Kafka and a real PostgreSQL: facts and commands in, decisions and commands by rules out, once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest_asyncio

from services.automation.app import build
from services.automation.settings import AutomationSettings
from shared.contracts.answers import AutomationAnswered, TicketsAnswered
from shared.contracts.automation import DeleteRule, EventDecided, RuleSaved, SaveRule
from shared.contracts.notifier import SendMail
from shared.contracts.state import ItemState, RuleState, TypeState
from shared.contracts.tickets import AddMessage, ChangeItem, ItemChanged, ItemCreated
from shared.ids import new_id, seed_id
from shared.messaging.host import Host
from shared.messaging.records import Incoming
from tests.integration.wire import Wire, service_settings
from tests.unit.automation.builders import MAIL, TAG, item, message, person

RITA = f"agent:{seed_id('rita')}"
WATCHED = ("automation-events", "automation-state", "tickets-commands", "notifier-commands")

Start = Callable[..., Awaitable[Host]]


@pytest_asyncio.fixture
async def wire(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Wire]:
    wire = Wire(kafka_bootstrap, topic_prefix)
    await wire.start("tickets-events", "automation-commands", "tickets-state", watch=WATCHED)
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


async def tell(wire: Wire, of: ItemState, **about: Any) -> UUID:
    """Publish that an item was made by its requester's mail; returns the event's id."""
    body = ItemCreated(item=of, message=message(of, **about.pop("message_of", {})))
    return (await wire.send(body, str(of.id), **about)).id


async def decision_on(wire: Wire, event: UUID) -> EventDecided:
    found = await wire.wait_for(EventDecided, lambda b: b.decision.event_id == event)
    body = found[0].body
    assert isinstance(body, EventDecided)
    return body


async def command(wire: Wire, body: SaveRule | DeleteRule, actor: str = RITA) -> AutomationAnswered:
    """Send a command about a rule; returns its one answer."""
    sent = await wire.send(body, str(body.rule_id), actor=actor)
    found = await wire.wait_for(AutomationAnswered, lambda b: b.command_id == sent.id)
    answer = found[0].body
    assert len(found) == 1
    assert isinstance(answer, AutomationAnswered)
    return answer


def new_rule(*actions: dict[str, Any], **more: Any) -> SaveRule:
    values: dict[str, Any] = {
        "rule_id": new_id(),
        "create": True,
        "name": "Third",
        "trigger": "created",
        "filter": {"all": [{"field": "title", "contains": "urgent"}]},
        "actions": actions or (TAG,),
    }
    return SaveRule(**{**values, **more})


def said(wire: Wire, kind: type[Any]) -> list[Incoming]:
    return [m for m in wire.seen if isinstance(m.body, kind)]


async def test_seeded_rules_acknowledge_and_assign(wire: Wire, start: Start) -> None:
    """P44, P48, R11: a hardware request is acknowledged and assigned in turn; one decision row says why."""
    await start()
    of = item(type="hardware", title="Router")
    event = await tell(wire, of)
    mail = (await wire.wait_for(SendMail))[0]
    assert isinstance(mail.body, SendMail)
    assert [p.address for p in mail.body.to] == ["marta@cliente.example"]
    assert "#1042" in mail.body.text
    assign = (await wire.wait_for(ChangeItem))[0]
    assert isinstance(assign.body, ChangeItem)
    assert assign.body.assign is not None
    assert (assign.body.assign.team, assign.body.assign.member) == ("hardware", "in_turn")
    assert assign.envelope.actor == f"rule:{seed_id('rule:hardware')}"
    assert assign.envelope.causes == (str(seed_id("rule:hardware")),)
    assert assign.envelope.causationid == event
    decision = (await decision_on(wire, event)).decision
    assert [(v.rule_name, v.matched) for v in decision.verdicts] == [
        ("Acknowledge", True),
        ("Hardware to the hardware team", True),
    ]
