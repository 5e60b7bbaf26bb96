"""What the rules make of one event: a verdict for every rule whose trigger fits, and the commands that follow.

Rules:
- A rule never acts on the consequences of its own act; a chain of rules ends at depth five.
- A machine's mail on a conversation fires only rules that ask whether it is automatic.
- An event from before the rule's activation, or older than the limit, is judged, and what would follow is *expired*.
- Where very many rules stand, those that did not match are counted, not listed; a decision fits into a record.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Literal

from services.automation.domain.caps import Caps
from services.automation.domain.effects import Context, Effect, Follows, Withheld, carry_out
from services.automation.domain.facts import Happened
from services.automation.domain.filters import Seen, holds, shown
from services.automation.domain.rules import LISTED, Rule, RuleSet
from shared.contracts.envelope import MAX_CAUSE_DEPTH
from shared.contracts.state import ActionTaken, DecisionState, Verdict
from shared.ids import derived_id

#: Verdicts of one decision take at most so much, well below what a record may hold.
DECISION_BYTES = 128 * 1024


@dataclass(frozen=True)
class Judgement:
    """The decision on one event, and what follows from it."""

    decision: DecisionState
    follows: tuple[Follows, ...]


def judge(event: Happened, rules: RuleSet, caps: Caps, context: Context) -> Judgement | None:
    """Judge every rule whose trigger fits, in their order; none where no rule has the event's trigger."""
    caps.learn(event)
    fitting, passed_over = rules.fitting(event.triggers, event.item.type)
    count = len(fitting) + passed_over
    if not count:
        return None
    verdicts: list[Verdict] = []
    follows: list[Follows] = []
    for rule in fitting:
        seen: list[Seen] = []
        if holds(rule.filter, event.facts, event.fact.changes, seen):
            verdict, more = _matched(event, rule, seen=seen, rules=rules, caps=caps, context=context)
            verdicts.append(verdict)
            follows += more
        elif count <= LISTED:
            verdicts.append(_verdict(rule, seen, matched=False, reason=_why_not(seen)))
    kept = _fitting_into_a_record(verdicts)
    decision = DecisionState(
        version=1,
        id=derived_id(event.envelope.id, "decision"),
        event_id=event.envelope.id,
        item_id=event.item.id,
        item_number=event.item.number,
        item_version=event.item.version,
        trigger=event.triggers[0],
        rule_set_version=rules.version,
        verdicts=kept,
        unlisted=count - len(kept),
        at=context.now,
    )
    return Judgement(decision, tuple(follows))


def _matched(
    event: Happened, rule: Rule, *, seen: list[Seen], rules: RuleSet, caps: Caps, context: Context
) -> tuple[Verdict, list[Follows]]:
    """The verdict of a rule whose filter holds, and the commands that follow."""
    guard, too_old = _guard(event, rule, rules), _too_old(event, rule, context)
    taken: list[ActionTaken] = []
    follows: list[Follows] = []
    for index, action in enumerate(rule.state.actions):
        effect = Effect(event, rule, index, action)
        if guard or too_old:
            outcome: Literal["withheld", "expired"] = "withheld" if guard else "expired"
            taken.append(ActionTaken(index=index, do=effect.do, outcome=outcome, reason=guard or too_old))
            continue
        found = carry_out(effect, caps, context)
        if isinstance(found, Withheld):
            taken.append(ActionTaken(index=index, do=effect.do, outcome="withheld", reason=found.reason))
            continue
        follows.append(found)
        emitted = ActionTaken(
            index=index, do=effect.do, outcome="emitted", reason=found.note, effect_id=found.effect_id
        )
        taken.append(emitted)
    reason = guard or too_old or "its filter holds"
    return _verdict(rule, seen, matched=True, reason=reason, actions=tuple(taken)), follows


def _guard(event: Happened, rule: Rule, rules: RuleSet) -> str:
    """Why a rule whose filter holds must not act; "" when it may."""
    causes = event.envelope.causes
    if str(rule.state.id) in causes:
        return f"it would act on a consequence of its own act ({_chain(causes, rules)})"
    if len(causes) >= MAX_CAUSE_DEPTH:
        return f"a chain of rules ends after {MAX_CAUSE_DEPTH} steps ({_chain(causes, rules)})"
    message = event.message
    if rule.state.trigger != "created" and message is not None and message.automatic not in {None, "list"}:
        return "" if rule.minds_machines else f"no human wrote the message ({message.automatic})"
    return ""


def _chain(causes: Iterable[str], rules: RuleSet) -> str:
    return ", then ".join(rules.name_of(cause) for cause in causes)


def _too_old(event: Happened, rule: Rule, context: Context) -> str:
    activated, time = rule.state.activated_at, event.envelope.time
    if activated is not None and time < activated:
        return "it happened before the rule was switched on"
    if context.now - time > context.max_age:
        return f"it happened over {context.max_age.total_seconds() / 3600:g} hours ago"
    return ""


def _why_not(seen: list[Seen]) -> str:
    """The check that settled it."""
    if not seen:
        return "its filter lets nothing through"
    condition, _, ok = seen[-1]
    expected = json.dumps(condition.wanted, ensure_ascii=False, default=str)[:80]
    return f"{condition.field} {condition.op} {expected} {'holds, and must not' if ok else 'does not hold'}"


def _verdict(
    rule: Rule, seen: list[Seen], *, matched: bool, reason: str, actions: tuple[ActionTaken, ...] = ()
) -> Verdict:
    return Verdict(
        rule_id=rule.state.id,
        rule_name=rule.state.name,
        rule_version=rule.state.version,
        matched=matched,
        reason=reason,
        checks=shown(seen),
        actions=actions,
    )


def _fitting_into_a_record(verdicts: list[Verdict]) -> tuple[Verdict, ...]:
    """Verdicts that fit: first checks go, then those that did not match, then the last of those that did."""
    for found in chain([verdicts], _shorter(verdicts)):
        if sum(map(_size, found)) <= DECISION_BYTES:
            return tuple(found)
    matched = [_without_checks(verdict) for verdict in verdicts if verdict.matched]
    sizes = accumulate(map(_size, matched))
    return tuple(verdict for verdict, total in zip(matched, sizes, strict=True) if total <= DECISION_BYTES)


def _shorter(verdicts: list[Verdict]) -> Iterator[list[Verdict]]:
    """The same verdicts with ever fewer checks; made only when they are needed."""
    yield [verdict if verdict.matched else _without_checks(verdict) for verdict in verdicts]
    yield [_without_checks(verdict) for verdict in verdicts]


def _without_checks(verdict: Verdict) -> Verdict:
    return verdict.model_copy(update={"checks": ()})


def _size(verdict: Verdict) -> int:
    return len(verdict.model_dump_json().encode())
