"""Rules as checked values: what a filter may ask, what an action may do. Rows in, compiled rules out.

Invariant: a rule that `compile_rule` accepts can be judged without an error; what it refuses is named by its place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from shared.contracts.base import JsonObject
from shared.contracts.state import RuleState

TRIGGERS = ("created", "changed", "message_added", "held")
FIELDS = frozenset(
    """number kind type channel title status state priority team assignee organisation requester.address requester.name
    requester.domain requester.staff tags mailbox mailboxes incomplete language text automatic public by initiator
    sender.address attachments""".split()  # noqa: SIM905 - a list of words reads better than forty quotes
)
SETTABLE = frozenset({"title", "status", "priority", "type", "team", "assignee"})
MAIL_TO = ("requester", "assignee", "followers")
MAX_CHECKS = 50
MAX_ACTIONS = 20

#: Operators by name: (what it saw, what the rule expects) -> does it hold.
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda saw, wanted: saw == wanted,
    "is_not": lambda saw, wanted: saw != wanted,
    "in": lambda saw, wanted: saw in wanted,
    "not_in": lambda saw, wanted: saw not in wanted,
    "contains": lambda saw, wanted: _contains(saw, wanted),
    "contains_not": lambda saw, wanted: not _contains(saw, wanted),
    "starts_with": lambda saw, wanted: str(saw or "").casefold().startswith(str(wanted).casefold()),
    "present": lambda saw, wanted: (saw not in (None, "", [], ())) == bool(wanted),
    "changed": lambda saw, wanted: (saw is not None) == bool(wanted),
    "changed_from": lambda saw, wanted: saw is not None and saw[0] == wanted,
    "changed_to": lambda saw, wanted: saw is not None and saw[1] == wanted,
}
_ABOUT_CHANGES = frozenset({"changed", "changed_from", "changed_to"})


@dataclass(frozen=True)
class Condition:
    """One check: a field, an operator, what it expects."""

    field: str
    op: str
    wanted: JsonValue

    @property
    def about_change(self) -> bool:
        return self.op in _ABOUT_CHANGES


@dataclass(frozen=True)
class Group:
    """All, any or none of its parts must hold."""

    how: str
    parts: tuple["Condition | Group", ...]


@dataclass(frozen=True)
class Rule:
    """A rule, checked and ready to judge."""

    state: RuleState
    filter: Group

    @property
    def only_type(self) -> str | None:
        """The type that every match must have, where the filter says so: a cheap way past most rules."""
        if self.filter.how != "all":
            return None
        found = (p for p in self.filter.parts if isinstance(p, Condition) and p.field == "type" and p.op == "is")
        condition = next(found, None)
        return str(condition.wanted) if condition else None


@dataclass(frozen=True)
class Fault:
    """What is wrong with a rule, and where: ``filter.all.0.field``."""

    code: str
    place: str
    text: str


class _FaultError(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def compile_rule(state: RuleState) -> Rule | Fault:
    """A rule that can be judged, or what is wrong with it."""
    try:
        if not state.name.strip() or len(state.name) > 120:
            raise _FaultError(Fault("invalid", "name", "A rule has a name of 1 to 120 characters."))
        if state.trigger not in TRIGGERS:
            raise _FaultError(Fault("unknown_trigger", "trigger", f"Triggers are {', '.join(TRIGGERS)}."))
        if not 1 <= len(state.actions) <= MAX_ACTIONS:
            raise _FaultError(Fault("invalid", "actions", f"A rule has 1 to {MAX_ACTIONS} actions."))
        for index, action in enumerate(state.actions):
            _check_action(action, f"actions.{index}")
        return Rule(state, _filter(state.filter))
    except _FaultError as error:
        return error.fault


def _filter(raw: JsonObject) -> Group:
    return Group("all", ()) if not raw else _group(raw, "filter", 0)


def _group(raw: JsonValue, place: str, depth: int) -> Group:
    if not isinstance(raw, dict) or len(raw) != 1 or depth > 5:
        raise _FaultError(Fault("invalid", place, "A filter has one of all, any, none, at most five deep."))
    how, parts = next(iter(raw.items()))
    if how not in {"all", "any", "none"} or not isinstance(parts, list) or len(parts) > MAX_CHECKS:
        raise _FaultError(Fault("invalid", place, f"A filter is all, any or none of at most {MAX_CHECKS} checks."))
    return Group(how, tuple(_part(part, f"{place}.{how}.{i}", depth) for i, part in enumerate(parts)))


def _part(raw: JsonValue, place: str, depth: int) -> Condition | Group:
    if isinstance(raw, dict) and "field" not in raw:
        return _group(raw, place, depth + 1)
    if not isinstance(raw, dict) or len(raw) != 2:
        raise _FaultError(Fault("invalid", place, "A check has a field and one operator."))
    field = raw["field"]
    if not isinstance(field, str) or (field not in FIELDS and not field.startswith("fields.")):
        raise _FaultError(Fault("unknown_field", f"{place}.field", f"Rules cannot ask for {field}."))
    op, wanted = next((key, value) for key, value in raw.items() if key != "field")
    if op not in OPERATORS:
        raise _FaultError(Fault("unknown_operator", f"{place}.{op}", f"Operators are {', '.join(OPERATORS)}."))
    if op in {"in", "not_in"} and not isinstance(wanted, list):
        raise _FaultError(Fault("invalid", f"{place}.{op}", "It takes a list."))
    return Condition(field, op, wanted)


def _check_action(action: JsonObject, place: str) -> None:
    check = _ACTION_CHECKS.get(str(action.get("do")))
    if check is None:
        known = ", ".join(_ACTION_CHECKS)
        raise _FaultError(Fault("unknown_action", f"{place}.do", f"{action.get('do')}: actions are {known}."))
    fault = check(action)
    if fault is not None:
        raise _FaultError(Fault("invalid", f"{place}.{fault[0]}", fault[1]))


def _check_assign(action: JsonObject) -> tuple[str, str] | None:
    if not isinstance(action.get("team"), str | None) or not isinstance(action.get("member", "none"), str):
        return "team", "It takes a team's key and a member: none, in_turn or a person."
    if action.get("team") is None and action.get("member", "none") == "none":
        return "team", "Name a team, a member or both."
    return None


def _check_set(action: JsonObject) -> tuple[str, str] | None:
    field = action.get("field")
    if not isinstance(field, str) or (field not in SETTABLE and not field.startswith("fields.")):
        return "field", f"Rules set {', '.join(sorted(SETTABLE))} and custom fields."
    return None if "value" in action else ("value", "It takes a value.")


def _check_tags(action: JsonObject) -> tuple[str, str] | None:
    tags = action.get("tags")
    fits = isinstance(tags, list) and tags and all(isinstance(tag, str) and 0 < len(tag) <= 60 for tag in tags)
    return None if fits else ("tags", "It takes a list of words.")


def _check_follow(action: JsonObject) -> tuple[str, str] | None:
    address = action.get("address")
    return None if isinstance(address, str) and "@" in address else ("address", "It takes an address.")


def _check_mail(action: JsonObject) -> tuple[str, str] | None:
    if action.get("to") not in MAIL_TO:
        return "to", f"Mails go to one of {', '.join(MAIL_TO)}."
    if not isinstance(action.get("text"), str) or not str(action["text"]).strip():
        return "text", "A mail has a text."
    subject = action.get("subject", "")
    if not isinstance(subject, str) or "\n" in subject or "\r" in subject:
        return "subject", "A subject is one line."
    return None


def _check_note(action: JsonObject) -> tuple[str, str] | None:
    return None if isinstance(action.get("text"), str) and str(action["text"]).strip() else ("text", "Write something.")


_ACTION_CHECKS: dict[str, Callable[[JsonObject], tuple[str, str] | None]] = {
    "assign": _check_assign,
    "set": _check_set,
    "tag": _check_tags,
    "untag": _check_tags,
    "follow": _check_follow,
    "mail": _check_mail,
    "note": _check_note,
}


def _contains(saw: Any, wanted: Any) -> bool:
    if isinstance(saw, list | tuple):
        return wanted in saw
    return str(wanted).casefold() in str(saw or "").casefold()
