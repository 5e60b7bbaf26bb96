"""What tests say to automation, and what they hear from it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from shared.contracts.answers import AutomationAnswered
from shared.contracts.automation import DeleteRule, EventDecided, SaveRule
from shared.contracts.state import ItemState
from shared.contracts.tickets import ItemCreated
from shared.ids import new_id, seed_id
from shared.messaging.host import Host
from shared.messaging.records import Incoming
from tests.integration.wire import Wire
from tests.unit.automation.builders import TAG, message

RITA = f"agent:{seed_id('rita')}"
Start = Callable[..., Awaitable[Host]]


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
