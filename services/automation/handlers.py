"""Kafka in: events are judged, commands about rules are carried out, refusals of owners go into their decisions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.automation.domain.judging import Follows, Happened, judge
from services.automation.domain.rules import Fault
from services.automation.repository import (
    SOURCE,
    RuleSet,
    decisions_of,
    load_caps,
    load_rule,
    save_caps,
    save_decisions,
    save_rule,
    snapshot_message,
)
from services.automation.use_cases.save_rule import removed, saved
from shared.clock import Clock
from shared.contracts.answers import AutomationAnswered, TicketsAnswered
from shared.contracts.automation import DeleteRule, EventDecided, RuleSaved, SaveRule
from shared.contracts.base import Message
from shared.contracts.envelope import Envelope
from shared.contracts.state import DecisionState, PersonRef
from shared.contracts.tickets import ItemFact
from shared.ids import derived_id
from shared.messaging.outbox import Outgoing, add
from shared.messaging.outcomes import Done, Outcome
from shared.messaging.records import Incoming
from shared.postgres.pool import Connection

TOPICS = ("tickets-events", "automation-commands")


class AutomationHandler:
    """Judges batches of events; one decision row an event that has rules for it."""

    def __init__(self, clock: Clock, max_age: timedelta) -> None:
        self._clock = clock
        self._max_age = max_age
        self._rules = RuleSet()

    async def handle(self, connection: Connection, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        now = self._clock()
        said: list[Outgoing] = []
        for message in batch:
            if isinstance(message.body, SaveRule | DeleteRule):
                said += await self._save(connection, message.envelope, message.body, now)
        await self._rules.refresh(connection)
        events = [Happened(m.envelope, m.body) for m in batch if isinstance(m.body, ItemFact)]
        said += await self._judge(connection, events, now)
        said += await self._hear_refusals(connection, batch, now)
        await add(connection, said)
        return [Done() for _ in batch]

    async def _judge(self, connection: Connection, events: Sequence[Happened], now: datetime) -> list[Outgoing]:
        judged = [(e, rules) for e in events if e.trigger and (rules := self._rules.fitting(e.trigger, e.item.type))]
        mailing = [e for e, rules in judged if any(a.get("do") == "mail" for r in rules for a in r.state.actions)]
        addresses = {p.address.lower() for e in mailing for p in _possible_recipients(e)}
        caps = await load_caps(connection, addresses, now)
        said: list[Outgoing] = []
        decisions = []
        for event, rules in judged:
            judgement = judge(event, rules, caps, now, self._max_age)
            decision = DecisionState(
                version=1,
                id=derived_id(event.envelope.id, "decision"),
                event_id=event.envelope.id,
                item_id=event.item.id,
                item_number=event.item.number,
                item_version=event.item.version,
                trigger=event.trigger or "",
                rule_set_version=self._rules.version,
                verdicts=tuple(judgement.verdicts),
                at=now,
            )
            decisions.append(decision)
            said += _decided(decision, event.envelope, now)
            said += [_effect(event.envelope, follows, now) for follows in judgement.follows]
        await save_caps(connection, caps, now)
        await save_decisions(connection, decisions)
        return said

    async def _hear_refusals(self, connection: Connection, batch: Sequence[Incoming], now: datetime) -> list[Outgoing]:
        """What an owner refused stands in the decision that asked for it."""
        refused = {
            m.body.command_id: m for m in batch if isinstance(m.body, TicketsAnswered) and m.body.outcome == "refused"
        }
        found = await decisions_of(connection, list(refused))
        current = {decision.id: decision for decision in found.values()}
        said: list[Outgoing] = []
        for effect_id, before in found.items():
            answer = refused[effect_id]
            assert isinstance(answer.body, TicketsAnswered)  # noqa: S101 - selected above; tells the type checker
            decision = _with_refusal(current[before.id], effect_id, f"{answer.body.code}: {answer.body.text}")
            current[decision.id] = decision
            said += _decided(decision, answer.envelope, now)
        await save_decisions(connection, list(current.values()))
        return said

    async def _save(
        self, connection: Connection, envelope: Envelope, command: SaveRule | DeleteRule, now: datetime
    ) -> list[Outgoing]:
        known = await load_rule(connection, command.rule_id)
        if isinstance(command, SaveRule):
            result = saved(known, command, envelope.actor, now)
        else:
            result = removed(known, command, envelope.actor)
        key = str(command.rule_id)
        if isinstance(result, Fault):
            answer = AutomationAnswered(
                command_id=envelope.id, outcome="refused", code=result.code, text=result.text, field=result.place
            )
            return [_outgoing(envelope, "answer", answer, key, now)]
        await save_rule(connection, result)
        answer = AutomationAnswered(
            command_id=envelope.id, outcome="done", result={"rule_id": key, "version": result.version}
        )
        return [
            _outgoing(envelope, "saved", RuleSaved(rule=result), key, now),
            snapshot_message(result, envelope, now),
            _outgoing(envelope, "answer", answer, key, now),
        ]


def _possible_recipients(event: Happened) -> list[PersonRef]:
    item = event.item
    return [item.requester, *item.followers, *([item.assignee] if item.assignee else [])]


def _decided(decision: DecisionState, cause: Envelope, now: datetime) -> list[Outgoing]:
    body = EventDecided(decision=decision)
    told = _outgoing(cause, f"decided:{decision.id}:{decision.version}", body, str(decision.item_id), now)
    return [told, snapshot_message(decision, cause, now)]


def _effect(cause: Envelope, follows: Follows, now: datetime) -> Outgoing:
    """A command by a rule; its causes are those of the event and the rule itself."""
    envelope = Envelope(
        id=follows.effect_id,
        type=follows.body.ce_type,
        source=SOURCE,
        time=now,
        subject=f"item:{follows.key}",
        correlationid=cause.correlationid,
        causationid=cause.id,
        actor=f"rule:{follows.rule.state.id}",
        causes=(*cause.causes, str(follows.rule.state.id)),
        traceparent=cause.traceparent,
        accepted_at=cause.accepted_at,
    )
    return Outgoing(follows.body.topic, follows.key, envelope, follows.body)


def _outgoing(cause: Envelope, purpose: str, body: Message, key: str, now: datetime) -> Outgoing:
    envelope = Envelope(
        id=derived_id(cause.id, purpose),
        type=body.ce_type,
        source=SOURCE,
        time=now,
        subject=key,
        correlationid=cause.correlationid,
        causationid=cause.id,
        actor="system:automation",
        traceparent=cause.traceparent,
        accepted_at=cause.accepted_at,
    )
    return Outgoing(body.topic, key, envelope, body)


def _with_refusal(decision: DecisionState, effect_id: UUID, reason: str) -> DecisionState:
    verdicts = tuple(
        verdict.model_copy(
            update={
                "actions": tuple(
                    action.model_copy(update={"outcome": "refused", "reason": reason})
                    if action.effect_id == effect_id
                    else action
                    for action in verdict.actions
                )
            }
        )
        for verdict in decision.verdicts
    )
    return decision.model_copy(update={"verdicts": verdicts, "version": decision.version + 1})
