"""Take a batch: carry out commands about rules, judge events by the rules that stand, hear what owners answered.

Rules:
- Each command about a rule is answered exactly once.
- One decision row an event that some rule's trigger fits, told as a fact and kept as a snapshot.
- Nothing is decided before the desk's first rules are there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel

from services.automation.domain.answers import answered
from services.automation.domain.caps import Caps, acquainted, doubted
from services.automation.domain.effects import Context
from services.automation.domain.facts import Happened
from services.automation.domain.judging import judge
from services.automation.domain.rules import RuleSet
from services.automation.domain.sayings import Saying, answer, command, fact, snapshot
from services.automation.domain.words import labels_of
from services.automation.use_cases.save_rule import Refused, Versions, answer_to, decide_rule
from shared.contracts.answers import TicketsAnswered
from shared.contracts.automation import DeleteRule, EventDecided, RuleSaved, SaveRule
from shared.contracts.envelope import Envelope
from shared.contracts.state import DecisionState, MailboxState, RuleState, Snapshot, TeamState, TypeState
from shared.contracts.tickets import ItemFact


class Store(Protocol):
    """The rows, as this use case needs them."""

    async def rules(self) -> RuleSet | None:
        """The rules as they stand in this transaction; none before the desk is seeded."""

    async def versions(self, rule_id: UUID, based_on: int | None) -> Versions:
        """A rule as it is, locked, and as it was in the version that a command was based on."""

    async def save_rule(self, rule: RuleState, actor: str, now: datetime) -> None:
        """The rule's next version stands, and the set has a new number."""

    async def references(self) -> list[Snapshot]:
        """Types, teams and mailboxes, as tickets last told them."""

    async def keep_references(self, snapshots: Sequence[Snapshot]) -> None:
        """The newest version of each."""

    async def caps(self, mailed: Collection[str], met: Collection[str], now: datetime) -> Caps:
        """What is known of addresses; those that may be mailed are counted by one batch at a time."""

    async def save_caps(self, caps: Caps, now: datetime) -> None:
        """Mails that count, and what was learnt of addresses."""

    async def decisions_of(self, effects: Collection[UUID]) -> list[DecisionState]:
        """The decisions that led to these commands, locked."""

    async def save_decisions(self, decisions: Sequence[DecisionState]) -> None:
        """Decisions, and which commands belong to them."""

    async def say(self, sayings: Sequence[Saying]) -> None:
        """Publish when the transaction commits, in this order."""


@dataclass(frozen=True)
class Taken:
    """One message to handle."""

    envelope: Envelope
    body: BaseModel


async def handle_batch(store: Store, batch: Sequence[Taken], now: datetime, max_age: timedelta) -> bool:
    """Everything of the batch is decided and recorded.

    Args:
        store: rows of the current transaction.
        batch: new messages, those of a partition in order.
        now: the moment that all of them are decided at.
        max_age: an event older than this leads to nothing.

    Returns:
        False where the desk is not seeded yet, and nothing was done.
    """
    await store.keep_references([t.body for t in batch if isinstance(t.body, TypeState | TeamState | MailboxState)])
    for taken in batch:
        if isinstance(taken.body, SaveRule | DeleteRule):
            await _carry_out(store, taken.envelope, taken.body, now)
    events = [Happened(t.envelope, t.body) for t in batch if isinstance(t.body, ItemFact)]
    if events and not await _judge(store, events, now, max_age):
        return False
    await _hear_answers(store, batch, now)
    return True


async def _carry_out(store: Store, envelope: Envelope, body: SaveRule | DeleteRule, now: datetime) -> None:
    based_on = body.based_on if isinstance(body, SaveRule) else None
    versions = await store.versions(body.rule_id, based_on)
    outcome = decide_rule(versions, body, envelope.actor, now)
    key = str(body.rule_id)
    answered = answer(envelope, answer_to(envelope, outcome), key, now)
    if isinstance(outcome, Refused):
        await store.say([answered])
        return
    await store.save_rule(outcome, envelope.actor, now)
    told = fact(envelope, "saved", RuleSaved(rule=outcome), key, outcome, now)
    await store.say([told, snapshot(envelope, outcome, now), answered])


async def _judge(store: Store, events: Sequence[Happened], now: datetime, max_age: timedelta) -> bool:
    rules = await store.rules()
    if rules is None:
        return False
    references = await store.references()
    labels = labels_of(
        [r for r in references if isinstance(r, TypeState)], [r for r in references if isinstance(r, TeamState)]
    )
    mailed, met = _addresses(events, rules)
    caps = await store.caps(mailed, met, now)
    caps.ours = {r.address.lower() for r in references if isinstance(r, MailboxState)}
    decisions: list[DecisionState] = []
    said: list[Saying] = []
    for event in events:
        judgement = judge(event, rules, caps, Context(now, max_age, labels))
        if judgement is None:
            continue
        decisions.append(judgement.decision)
        said += _decided(judgement.decision, event.envelope, now)
        said += [
            command(event.envelope, f.body, effect_id=f.effect_id, rule_id=f.rule_id, key=f.key, now=now)
            for f in judgement.follows
        ]
    await store.save_caps(caps, now)
    await store.save_decisions(decisions)
    await store.say(said)
    return True


def _addresses(events: Sequence[Happened], rules: RuleSet) -> tuple[set[str], set[str]]:
    """Addresses that may be mailed because of these events, and those that the events tell something of."""
    mailed, met = set[str](), set[str]()
    for event in events:
        met |= acquainted(event) | doubted(event)
        fitting, _ = rules.fitting(event.triggers, event.item.type)
        if any(rule.mails for rule in fitting):
            item = event.item
            people = [item.requester, *item.followers, *([item.assignee] if item.assignee else [])]
            mailed |= {person.address.lower() for person in people}
    return mailed, met | mailed


def _decided(decision: DecisionState, cause: Envelope, now: datetime) -> list[Saying]:
    body = EventDecided(decision=decision)
    told = fact(cause, f"decided:{decision.id}:{decision.version}", body, str(decision.item_id), decision, now)
    return [told, snapshot(cause, decision, now)]


async def _hear_answers(store: Store, batch: Sequence[Taken], now: datetime) -> None:
    """What an owner made of a rule's command stands in the decision that asked for it."""
    answers: dict[UUID, TicketsAnswered] = {}
    causes: dict[UUID, Envelope] = {}
    for taken in batch:
        if isinstance(taken.body, TicketsAnswered) and taken.envelope.actor.startswith("rule:"):
            answers[taken.body.command_id] = taken.body
            causes[taken.body.command_id] = taken.envelope
    if not answers:
        return
    changed: list[DecisionState] = []
    said: list[Saying] = []
    for decision in await store.decisions_of(answers.keys()):
        after = answered(decision, answers)
        if after is decision:
            continue
        changed.append(after)
        effects = (action.effect_id for verdict in decision.verdicts for action in verdict.actions)
        cause = next(causes[effect] for effect in effects if effect in causes)
        said += _decided(after, cause, now)
    await store.save_decisions(changed)
    await store.say(said)
