"""Make, change or remove a rule.

Rules:
- A rule is checked whole; a fault is refused with its place.
- A rule acts on what happens after it was switched on, never on the past.
"""

from datetime import datetime

from services.automation.domain.rules import Fault, compile_rule
from shared.contracts.automation import DeleteRule, SaveRule
from shared.contracts.state import RuleState

NOT_FOUND = Fault("not_found", "rule_id", "There is no such rule.")


def saved(known: RuleState | None, command: SaveRule, actor: str, now: datetime) -> RuleState | Fault:
    """The rule as it would be, or why not."""
    if not actor.startswith(("agent:", "system:")):
        return Fault("forbidden", "", "Only staff set rules.")
    if known is None and not command.create:
        return NOT_FOUND
    if known is not None and command.create:
        return Fault("taken", "rule_id", "The id is taken.")
    if known is not None and command.based_on is not None and command.based_on != known.version:
        return Fault("conflict", "version", "Someone changed this rule meanwhile.")
    values = {
        name: value
        for name, value in command.model_dump(exclude={"rule_id", "create", "based_on"}).items()
        if value is not None
    }
    base = (
        {"version": 0, "id": command.rule_id, "name": "", "trigger": "", "actions": ()}
        if known is None
        else (known.model_dump())
    )
    state = RuleState.model_validate({**base, **values, "version": (known.version if known else 0) + 1})
    switched_on = state.enabled and (known is None or not known.enabled)
    if switched_on:
        state = state.model_copy(update={"activated_at": now})
    compiled = compile_rule(state)
    return compiled if isinstance(compiled, Fault) else state


def removed(known: RuleState | None, command: DeleteRule, actor: str) -> RuleState | Fault:
    """The rule as gone; its decisions stay."""
    if not actor.startswith(("agent:", "system:")):
        return Fault("forbidden", "", f"Only staff remove rules such as {command.rule_id}.")
    if known is None or known.deleted:
        return NOT_FOUND
    return known.model_copy(update={"deleted": True, "enabled": False, "version": known.version + 1})
