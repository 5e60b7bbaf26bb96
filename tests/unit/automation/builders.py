"""Builders of what automation reads: people, items, messages, facts and rules, each with what a test says of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.automation.domain.caps import Caps
from services.automation.domain.effects import Context
from services.automation.domain.facts import Happened
from services.automation.domain.judging import Judgement, judge
from services.automation.domain.rules import RuleSet
from shared.contracts.envelope import Envelope
from shared.contracts.state import Address, ItemState, MessageState, PersonRef, RuleState
from shared.contracts.tickets import ItemChanged, ItemCreated, ItemFact, MessageAdded, MessageHeld
from shared.ids import new_id, seed_id

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MAIL: dict[str, Any] = {"do": "mail", "to": "requester", "subject": "Hello", "text": "Number {{number}}"}
TAG: dict[str, Any] = {"do": "tag", "tags": ["seen"]}


def person(address: str = "marta@cliente.example", **more: Any) -> PersonRef:
    return PersonRef(**{"id": seed_id(address.lower()), "address": address, "name": "Marta", **more})


def item(**more: Any) -> ItemState:
    values: dict[str, Any] = {
        "version": 1,
        "id": new_id(),
        "number": 1042,
        "type": "request",
        "channel": "mail",
        "title": "ONT reboots",
        "status": "new",
        "state": "not_started",
        "status_since": NOW,
        "requester": person(),
        "team": "support",
        "mailboxes": ("support",),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return ItemState(**{**values, **more})


def message(of: ItemState, **more: Any) -> MessageState:
    values: dict[str, Any] = {
        "version": 1,
        "id": new_id(),
        "item_id": of.id,
        "item_number": of.number,
        "author": of.requester,
        "by": "customer",
        "sender": Address(address=of.requester.address, name=of.requester.name),
        "channel": "mail",
        "public": True,
        "text": "It reboots.",
        "created_at": NOW,
    }
    return MessageState(**{**values, **more})


def envelope(fact: ItemFact, **more: Any) -> Envelope:
    identity = new_id()
    values: dict[str, Any] = {
        "id": identity,
        "type": fact.ce_type,
        "source": "/deskstream/tickets",
        "time": NOW,
        "subject": f"item:{fact.item.id}",
        "correlationid": identity,
        "actor": "system:intake",
    }
    return Envelope(**{**values, **more})


def created(of: ItemState | None = None, message_of: dict[str, Any] | None = None, **about: Any) -> Happened:
    of = of or item()
    fact = ItemCreated(item=of, message=message(of, **(message_of or {})), changes={"status": (None, of.status)})
    return Happened(envelope(fact, **about), fact)


def changed(of: ItemState | None = None, changes: dict[str, Any] | None = None, **about: Any) -> Happened:
    fact = ItemChanged(item=of or item(), changes=changes or {"status": ("new", "in_progress")})
    return Happened(envelope(fact, **about), fact)


def added(
    of: ItemState | None = None,
    message_of: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
    **about: Any,
) -> Happened:
    of = of or item()
    fact = MessageAdded(item=of, message=message(of, **(message_of or {})), changes=changes or {})
    return Happened(envelope(fact, **about), fact)


def held(of: ItemState | None = None, **about: Any) -> Happened:
    of = of or item()
    stranger = Address(address="stranger@else.example")
    fact = MessageHeld(item=of, message=message(of, held=True, public=False, author=None, sender=stranger))
    return Happened(envelope(fact, **about), fact)


def rule(*actions: dict[str, Any], **more: Any) -> RuleState:
    values: dict[str, Any] = {
        "version": 1,
        "id": new_id(),
        "name": "A rule",
        "trigger": "created",
        "actions": actions or (TAG,),
        "activated_at": NOW - timedelta(days=1),
    }
    return RuleState(**{**values, **more})


def context(**more: Any) -> Context:
    return Context(**{"now": NOW, "max_age": timedelta(hours=24), "labels": {}, **more})


def judged(event: Happened, *rules: RuleState, caps: Caps | None = None, **about: Any) -> Judgement:
    """What these rules make of an event that at least one of them has the trigger of."""
    standing = RuleSet(7, rules)
    assert standing.faults == {}
    found = judge(event, standing, caps if caps is not None else Caps(), context(**about))
    assert found is not None
    return found


def outcomes(judgement: Judgement) -> list[str]:
    """Outcomes of all actions, in order."""
    return [action.outcome for verdict in judgement.decision.verdicts for action in verdict.actions]


def reasons(judgement: Judgement) -> list[str]:
    return [action.reason for verdict in judgement.decision.verdicts for action in verdict.actions]


def rule_actor(of: RuleState) -> dict[str, Any]:
    """Envelope parts of a fact that this rule brought about."""
    return {"actor": f"rule:{of.id}", "causes": (str(of.id),)}


def ids(*rules: RuleState) -> tuple[UUID, ...]:
    return tuple(each.id for each in rules)
