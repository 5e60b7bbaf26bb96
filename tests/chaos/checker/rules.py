"""Rules: one decision an event, and each effect exactly once.

The desk of a run has the two rules of a fresh one: a new request is acknowledged, and hardware goes to somebody of the
hardware team. What clients see of them (the mail, the assignee) is held against the requests they made.
"""

from collections import Counter
from collections.abc import Iterable

from tests.chaos.checker.seen import Evidence, Finding
from tests.chaos.history import BEGINS

CREATED = "item.created.v1"


def check_rules(evidence: Evidence) -> list[Finding]:
    """Decisions and effects other than once."""
    return [*_decisions(evidence), *_effects(evidence), *_assignments(evidence)]


def _decisions(evidence: Evidence) -> Iterable[Finding]:
    """Every new item was judged once, and acknowledged once."""
    created = {fact.id for fact in evidence.topics.facts if fact.type.endswith(CREATED)}
    decided = Counter(row.event for row in evidence.tables.decisions if row.trigger == "created")
    for event in created:
        if decided[event] != 1:
            yield Finding("rule_effect_faults", event, f"a new item has {decided[event]} decisions")
    for row in evidence.tables.decisions:
        if row.trigger == "created" and sum(action.do == "mail" for action in row.actions) != 1:
            yield Finding("rule_effect_faults", row.event, "a new item was not acknowledged by just one rule")


def _effects(evidence: Evidence) -> Iterable[Finding]:
    """What a decision emitted was carried out once: a mail queued, a command answered."""
    queued = Counter(row.cause for row in evidence.tables.deliveries if row.kind == "rule")
    answers = {fact.answered.command: fact.answered for fact in evidence.topics.facts if fact.answered is not None}
    emitted = Counter(a.effect for row in evidence.tables.decisions for a in row.actions if a.effect)
    for row in evidence.tables.decisions:
        for action in row.actions:
            if action.outcome not in {"emitted", "done"} or action.effect is None:
                if action.outcome not in {"withheld", "refused"}:
                    yield Finding("rule_effect_faults", row.event, f"{action.do}: {action.outcome}")
                continue
            if emitted[action.effect] != 1:
                yield Finding("rule_effect_faults", action.effect, "two decisions emitted it")
            if action.do == "mail" and queued[action.effect] != 1:
                yield Finding("rule_effect_faults", action.effect, f"its mail was queued {queued[action.effect]} times")
            if action.do != "mail" and action.effect not in answers:
                yield Finding("rule_effect_faults", action.effect, f"{action.do} was never answered")
    for cause, count in queued.items():
        if cause not in emitted:
            yield Finding("rule_effect_faults", cause, f"{count} mails of a rule that nothing decided")


def _assignments(evidence: Evidence) -> Iterable[Finding]:
    """Every hardware request was assigned once by the rule, and no other was."""
    assigned = Counter(
        change.item for change in evidence.tables.changes if change.assignee and change.actor.startswith("rule:")
    )
    for row in evidence.tables.messages:
        each = evidence.inputs.get(row.marker)
        if each is None or each.kind not in BEGINS:
            continue
        place = str(each.facts.get("mailbox") or each.facts.get("form") or "")
        wanted = 1 if place.startswith("hardware") else 0
        if assigned[row.item] != wanted:
            yield Finding("rule_effect_faults", each.op, f"its item was assigned by a rule {assigned[row.item]} times")
