"""Answers to "Why?": what every rule made of one event, each check with the value it saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.portal_gateway.domain.view_models.deliveries import deliveries_of
from services.portal_gateway.domain.view_models.names import Names
from services.portal_gateway.domain.view_models.times import Clock, Moment, moment
from services.portal_gateway.domain.view_models.words import TRIGGERS, action_words, condition_words, saw_words
from shared.contracts.base import JsonObject
from shared.contracts.state import ActionTaken, DecisionState, DeliveryState, RuleState, Verdict

_OUTCOMES = {
    "emitted": "asked for",
    "done": "done",
    "withheld": "withheld",
    "expired": "not done, too late",
    "refused": "refused",
    "unknown": "not possible",
}
_ACTED = frozenset({"emitted", "done"})


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A condition, whether it held, and what it saw."""

    words: str
    saw: str
    ok: bool


@dataclass(frozen=True, slots=True)
class ActionLine:
    """An action and what became of it, of a mail whether it arrived; `good` is done or on its way."""

    words: str
    outcome: str
    reason: str
    good: bool


@dataclass(frozen=True, slots=True)
class _Context:
    """What telling needs beside the decision."""

    names: Names
    clock: Clock
    mails: Sequence[DeliveryState]


@dataclass(frozen=True, slots=True)
class RuleWhy:
    """One rule's verdict.

    Attributes:
        fired: it matched, and at least one of its actions was not held back.
        summary: "It fired", "It did not fire: type is Request, not Hardware" …
    """

    rule_id: UUID
    name: str
    version: int
    url: str
    fired: bool
    summary: str
    checks: tuple[CheckLine, ...]
    actions: tuple[ActionLine, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """One event's decision."""

    id: UUID
    happened: str
    at: Moment
    rules: tuple[RuleWhy, ...]
    unlisted: int
    rule_set: int


def why(
    decision: DecisionState,
    rules: Sequence[RuleState],
    names: Names,
    clock: Clock,
    mails: Sequence[DeliveryState] = (),
) -> Why:
    """A decision in words; rules that fired come first, and an action that mails says what became of its `mails`."""
    known = {rule.id: rule for rule in rules}
    context = _Context(names, clock, mails)
    told = [_rule_why(verdict, known.get(verdict.rule_id), context) for verdict in decision.verdicts]
    return Why(
        id=decision.id,
        happened=TRIGGERS.get(decision.trigger, decision.trigger),
        at=moment(decision.at, clock),
        rules=tuple(sorted(told, key=lambda each: not each.fired)),
        unlisted=decision.unlisted,
        rule_set=decision.rule_set_version,
    )


def _rule_why(verdict: Verdict, rule: RuleState | None, context: _Context) -> RuleWhy:
    names = context.names
    actions = tuple(_action(taken, rule, context) for taken in verdict.actions)
    fired = verdict.matched and (not actions or any(taken.outcome in _ACTED for taken in verdict.actions))
    if fired:
        summary = "It fired: everything it asks for holds."
    elif verdict.matched:
        summary = f"It fits, but did not act: {verdict.reason}." if verdict.reason else "It fits, but did not act."
    else:
        failed = next((check for check in verdict.checks if not check.ok), None)
        summary = (
            f"It did not fire: {names.field(failed.field)} was {saw_words(failed.field, failed.op, failed.saw, names)}."
            if failed
            else f"It did not fire: {verdict.reason}."
        )
    checks = tuple(
        CheckLine(
            condition_words(check.field, check.op, check.expected, names),
            saw_words(check.field, check.op, check.saw, names),
            check.ok,
        )
        for check in verdict.checks
    )
    url = f"/workspace/rules/{verdict.rule_id}" if rule else ""
    return RuleWhy(verdict.rule_id, verdict.rule_name, verdict.rule_version, url, fired, summary, checks, actions)


def _action(taken: ActionTaken, rule: RuleState | None, context: _Context) -> ActionLine:
    action: JsonObject = rule.actions[taken.index] if rule and taken.index < len(rule.actions) else {"do": taken.do}
    if action.get("do") != taken.do:
        action = {"do": taken.do}
    words = action_words(action, context.names)
    mails = [mail for mail in context.mails if taken.effect_id is not None and mail.effect_id == taken.effect_id]
    became = deliveries_of(mails, context.clock)
    if became is None:
        return ActionLine(words, _OUTCOMES[taken.outcome], taken.reason, taken.outcome in _ACTED)
    reason = next((one.words for one in became.each if one.outcome == became.outcome), "")
    told = became.outcome in {"failed", "withheld"}
    return ActionLine(words, became.words.lower(), reason if told else taken.reason, not told)
