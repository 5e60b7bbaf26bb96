"""Make, change or remove a rule.

Rules:
- A rule is checked whole; a fault is refused with its place. Keys of types, teams and people may be unknown.
- A change is a conflict only where a part that it names was changed since the version it was based on.
- A rule acts on what happens after it was switched on, never on the past.
- Staff alone set rules; no rule sets a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from services.automation.domain.fault import Fault
from services.automation.domain.rules import compile_rule
from shared.contracts.answers import AutomationAnswered, Conflict
from shared.contracts.automation import DeleteRule, SaveRule
from shared.contracts.envelope import Envelope
from shared.contracts.state import RuleState

PARTS = ("name", "enabled", "trigger", "filter", "actions", "position")
#: Where a new rule stands unless it says so: behind the seeded ones, in the order in which they are made.
POSITION = 100


@dataclass(frozen=True)
class Versions:
    """What is known of a rule: as it is, and as it was when a command was based on it.

    Attributes:
        changed_by: actor of the newest version.
    """

    now: RuleState | None
    then: RuleState | None = None
    changed_by: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Refused:
    """Why a rule is not saved: a fault, or the parts that someone changed meanwhile."""

    fault: Fault
    conflicts: Mapping[str, Conflict]


def decide_rule(versions: Versions, command: SaveRule | DeleteRule, actor: str, now: datetime) -> RuleState | Refused:
    """The rule as the command leaves it, or why it stays as it is."""
    if not actor.startswith(("agent:", "system:")):
        return _refused("forbidden", "", "Only staff set rules.")
    if isinstance(command, DeleteRule):
        return _removed(versions.now)
    known = versions.now
    if command.create and known is not None:
        return _refused("taken", "rule_id", "The id is taken.")
    if not command.create and (known is None or known.deleted):
        return _refused("not_found", "rule_id", "There is no such rule.")
    conflicts = _conflicts(versions, command)
    if conflicts:
        first = next(iter(conflicts))
        return Refused(Fault("conflict", first, "Someone changed this rule meanwhile."), conflicts)
    state = _merged(known, command, now)
    compiled = compile_rule(state)
    return Refused(compiled, {}) if isinstance(compiled, Fault) else state


def answer_to(envelope: Envelope, outcome: RuleState | Refused) -> AutomationAnswered:
    """What whoever gave the command is told."""
    if isinstance(outcome, RuleState):
        result: dict[str, JsonValue] = {"rule_id": str(outcome.id), "version": outcome.version}
        return AutomationAnswered(command_id=envelope.id, outcome="done", result=result)
    return AutomationAnswered(
        command_id=envelope.id,
        outcome="refused",
        code=outcome.fault.code,
        text=outcome.fault.text,
        field=outcome.fault.place or None,
        conflicts=dict(outcome.conflicts),
    )


def _removed(known: RuleState | None) -> RuleState | Refused:
    """The rule as gone; its decisions stay."""
    if known is None or known.deleted:
        return _refused("not_found", "rule_id", "There is no such rule.")
    return known.model_copy(update={"deleted": True, "enabled": False, "version": known.version + 1})


def _merged(known: RuleState | None, command: SaveRule, now: datetime) -> RuleState:
    base = known or RuleState(version=0, id=command.rule_id, name="", trigger="", actions=(), position=POSITION)
    values = _named(command)
    state = base.model_copy(update={**values, "version": base.version + 1})
    switched_on = state.enabled and (known is None or not known.enabled)
    return state.model_copy(update={"activated_at": now}) if switched_on else state


def _named(command: SaveRule) -> dict[str, JsonValue]:
    """The parts that a command names."""
    return {name: value for name in PARTS if (value := getattr(command, name)) is not None}


def _conflicts(versions: Versions, command: SaveRule) -> dict[str, Conflict]:
    now, then = versions.now, versions.then
    if now is None or command.based_on is None or command.based_on >= now.version:
        return {}
    found = {}
    for name, yours in _named(command).items():
        theirs = getattr(now, name)
        if theirs != yours and (then is None or getattr(then, name) != theirs):
            found[name] = Conflict(
                yours=_json(yours),
                theirs=_json(theirs),
                by=versions.changed_by,
                at=versions.changed_at.isoformat() if versions.changed_at else "",
            )
    return found


def _json(value: object) -> JsonValue:
    return list(value) if isinstance(value, tuple) else value  # type: ignore[return-value] # parts of rules are JSON


def _refused(code: str, place: str, text: str) -> Refused:
    return Refused(Fault(code, place, text), {})
