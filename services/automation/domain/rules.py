"""Rules as checked values, and the set of them that stands: rows in, compiled rules out.

Invariant: a rule that `compile_rule` accepts can be judged without an error; what it refuses is named by its place.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.automation.domain.actions import MAX_ACTIONS, check_action
from services.automation.domain.fault import Fault, FaultError
from services.automation.domain.filters import Condition, Group, asks_for, compile_filter
from shared.contracts.state import RuleState

TRIGGERS = ("created", "changed", "message_added", "held")
MAX_BYTES = 64 * 1024
#: Up to so many rules of a trigger are all judged and listed; past it, those for another type are passed over.
LISTED = 100
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,120}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, checked and ready to judge.

    Attributes:
        minds_machines: its filter asks whether a message is automatic, so it wants to see those that are.
        mails: some action of it writes to people outside.
        only_type: the type that every match must have, where the filter says so: a cheap way past most rules.
    """

    state: RuleState
    filter: Group
    minds_machines: bool
    mails: bool
    only_type: str | None


def compile_rule(state: RuleState) -> Rule | Fault:
    """A rule that can be judged, or what is wrong with it."""
    try:
        _check_head(state)
        for index, action in enumerate(state.actions):
            check_action(action, f"actions.{index}")
        compiled = compile_filter(state.filter)
    except FaultError as error:
        return error.fault
    mails = any(action["do"] == "mail" or bool(action.get("public")) for action in state.actions)
    machines = asks_for(compiled, "automatic")
    return Rule(state, compiled, minds_machines=machines, mails=mails, only_type=_only_type(compiled))


def _only_type(compiled: Group) -> str | None:
    if compiled.how != "all":
        return None
    found = (p for p in compiled.parts if isinstance(p, Condition) and p.field == "type" and p.op == "is")
    condition = next(found, None)
    return str(condition.wanted) if condition else None


def _check_head(state: RuleState) -> None:
    if not state.name.strip() or _NAME.fullmatch(state.name) is None:
        raise FaultError("invalid", "name", "A rule has a name of 1 to 120 characters, on one line.")
    if state.trigger not in TRIGGERS:
        raise FaultError("unknown_trigger", "trigger", f"Triggers are {', '.join(TRIGGERS)}.")
    if not 1 <= len(state.actions) <= MAX_ACTIONS:
        raise FaultError("invalid", "actions", f"A rule has 1 to {MAX_ACTIONS} actions.")
    written = state.model_dump_json()
    if len(written.encode()) > MAX_BYTES:
        raise FaultError("invalid", "", f"A rule takes at most {MAX_BYTES // 1024} KiB.")
    if "\\u0000" in written:
        raise FaultError("invalid", "", "A rule holds no NUL characters.")


class RuleSet:
    """The enabled rules of one moment, found by trigger and, where there are many, by type.

    Attributes:
        version: the number of the set; every change of a rule makes a new one.
        faults: rules that stand and cannot be judged, such as those of a newer version.
    """

    def __init__(self, version: int = 0, states: Iterable[RuleState] = ()) -> None:
        self.version = version
        self.faults: dict[UUID, Fault] = {}
        self._rules: dict[UUID, Rule] = {}
        self._names: dict[str, str] = {}
        self._take(states)

    def changed(self, version: int, states: Iterable[RuleState]) -> "RuleSet":
        """The set with some rules made, changed or gone; this one stays as it is."""
        made = RuleSet(version)
        made.faults, made._rules, made._names = dict(self.faults), dict(self._rules), dict(self._names)
        made._take(states)
        return made

    def name_of(self, rule_id: str) -> str:
        """A rule's name for people; the id of one that nobody remembers."""
        return self._names.get(rule_id, rule_id)

    def fitting(self, triggers: Sequence[str], item_type: str) -> tuple[list[Rule], int]:
        """Rules to judge, in order, and how many more were passed over: they are for another type."""
        every = [self._all.get(trigger, []) for trigger in triggers]
        count = sum(map(len, every))
        if count > LISTED:
            every = [
                found
                for trigger in triggers
                for found in (self._for_any.get(trigger, []), self._for_type.get((trigger, item_type), []))
            ]
        filled = [rules for rules in every if rules]
        if len(filled) == 1:
            return filled[0], count - len(filled[0])
        found = sorted((rule for rules in filled for rule in rules), key=lambda rule: self._place[rule.state.id])
        return found, count - len(found)

    def _take(self, states: Iterable[RuleState]) -> None:
        for state in states:
            self._names[str(state.id)] = state.name
            self._rules.pop(state.id, None)
            self.faults.pop(state.id, None)
            if state.deleted or not state.enabled:
                continue
            compiled = compile_rule(state)
            if isinstance(compiled, Fault):
                self.faults[state.id] = compiled
            else:
                self._rules[state.id] = compiled
        self._index()

    def _index(self) -> None:
        in_order = sorted(self._rules.values(), key=lambda rule: (rule.state.position, rule.state.id.int))
        self._place = {rule.state.id: place for place, rule in enumerate(in_order)}
        self._all: dict[str, list[Rule]] = {}
        self._for_any: dict[str, list[Rule]] = {}
        self._for_type: dict[tuple[str, str], list[Rule]] = {}
        for rule in in_order:
            trigger, only = rule.state.trigger, rule.only_type
            self._all.setdefault(trigger, []).append(rule)
            if only is None:
                self._for_any.setdefault(trigger, []).append(rule)
            else:
                self._for_type.setdefault((trigger, only), []).append(rule)
