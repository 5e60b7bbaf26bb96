"""Filters: what a rule may ask of an event, checked once when the rule is saved, judged many times.

Invariant: a filter that `compile_filter` accepts can be judged without an error, whatever the event holds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.automation.domain.fault import FaultError
from shared.contracts.base import JsonObject
from shared.contracts.state import Check

#: What a filter may ask for; besides these ``fields.<key>`` for custom fields.
FIELDS = frozenset(
    """number kind type channel title status state priority team assignee assignee.address organisation organisation.id
    requester.address requester.name requester.domain requester.staff followers tags mailbox mailboxes incomplete
    language initiator text automatic public by sender.address attachments""".split()  # noqa: SIM905 - a list of words reads better than forty quotes
)
#: What tickets records as changed, old and new.
CHANGING = frozenset({"title", "status", "priority", "type", "team", "assignee", "tags", "followers", "mailboxes"})
#: Addresses are compared without their case.
_CASELESS = frozenset({"requester.address", "requester.domain", "sender.address", "assignee.address"})
MAX_CHECKS = 50
MAX_DEPTH = 5
_SHOWN_CHARACTERS = 120
_SHOWN_VALUES = 20


def contains(saw: Any, wanted: Any) -> bool:
    """A value of a list, or a piece of a text whatever its case."""
    if isinstance(saw, list | tuple):
        return wanted in saw
    return isinstance(saw, str) and str(wanted).casefold() in saw.casefold()


#: Operators by name: (what it saw, what the rule expects) -> does it hold.
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda saw, wanted: bool(saw == wanted),
    "is_not": lambda saw, wanted: bool(saw != wanted),
    "in": lambda saw, wanted: saw in wanted,
    "not_in": lambda saw, wanted: saw not in wanted,
    "contains": contains,
    "contains_not": lambda saw, wanted: not contains(saw, wanted),
    "starts_with": lambda saw, wanted: isinstance(saw, str) and saw.casefold().startswith(wanted.casefold()),
    "present": lambda saw, wanted: (saw not in (None, "", [], ())) == wanted,
    "greater": lambda saw, wanted: _comparable(saw, wanted) and saw > wanted,
    "less": lambda saw, wanted: _comparable(saw, wanted) and saw < wanted,
    "changed": lambda saw, wanted: (saw is not None) == wanted,
    "changed_from": lambda saw, wanted: saw is not None and saw[0] == wanted,
    "changed_to": lambda saw, wanted: saw is not None and saw[1] == wanted,
}
_ABOUT_CHANGES = frozenset({"changed", "changed_from", "changed_to"})
_TAKES: dict[str, tuple[type, ...]] = {
    "in": (list,),
    "not_in": (list,),
    "contains": (str,),
    "contains_not": (str,),
    "starts_with": (str,),
    "present": (bool,),
    "changed": (bool,),
    "greater": (int, float, str),
    "less": (int, float, str),
}
_WORDS = {list: "a list", str: "a text", bool: "true or false", int: "a number or a text"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One check: a field, an operator, what it expects."""

    field: str
    op: str
    wanted: Any
    test: Callable[[Any, Any], bool]
    about_change: bool


@dataclass(frozen=True, slots=True)
class Group:
    """All, any or none of its parts must hold."""

    how: str
    parts: tuple["Condition | Group", ...]


#: A check as it was seen: (condition, what it saw, does it hold).
Seen = tuple[Condition, Any, bool]


def compile_filter(raw: JsonObject) -> Group:
    """A filter that can be judged; an empty one lets everything through.

    Raises:
        FaultError: it asks for what there is not, or its shape is wrong; its place is named.
    """
    return Group("all", ()) if not raw else _group(raw, "filter", 0)


def holds(group: Group, facts: Mapping[str, Any], changes: Mapping[str, Any], seen: list[Seen]) -> bool:
    """Does a filter hold; it stops at the check that settles it, and `seen` holds the checks it looked at."""
    settling = group.how != "all"  # one part that holds settles any and none, one that does not settles all
    for part in group.parts:
        if isinstance(part, Condition):
            saw = changes.get(part.field) if part.about_change else facts.get(part.field)
            ok = part.test(saw, part.wanted)
            seen.append((part, saw, ok))
        else:
            ok = holds(part, facts, changes, seen)
        if ok == settling:
            return group.how == "any"
    return group.how != "any"


def shown(seen: list[Seen]) -> tuple[Check, ...]:
    """Checks as a decision keeps them; texts are clipped, a decision is no copy of a mail."""
    return tuple(
        Check(field=c.field, op=c.op, expected=_clipped(c.wanted), saw=_clipped(saw), ok=ok) for c, saw, ok in seen
    )


def asks_for(group: Group, field: str) -> bool:
    """Does some check look at this field."""
    return any(part.field == field if isinstance(part, Condition) else asks_for(part, field) for part in group.parts)


def _comparable(saw: Any, wanted: Any) -> bool:
    if isinstance(saw, str) or isinstance(wanted, str):
        return isinstance(saw, str) and isinstance(wanted, str)
    return isinstance(saw, int | float) and not isinstance(saw, bool)


def _clipped(value: Any) -> JsonValue:
    if isinstance(value, str):
        return value[:_SHOWN_CHARACTERS]
    if isinstance(value, tuple | list):
        return [_clipped(each) for each in value[:_SHOWN_VALUES]]
    return value if isinstance(value, int | float) or value is None else str(value)[:_SHOWN_CHARACTERS]


def _group(raw: JsonValue, place: str, depth: int) -> Group:
    if not isinstance(raw, dict) or len(raw) != 1:
        raise FaultError("invalid", place, "A filter has one of all, any, not.")
    how, parts = next(iter(raw.items()))
    if how not in {"all", "any", "not", "none"}:
        raise FaultError("invalid", f"{place}.{how}", "A filter has one of all, any, not.")
    if how == "not" and isinstance(parts, dict):
        parts = [parts]
    if not isinstance(parts, list) or len(parts) > MAX_CHECKS or depth > MAX_DEPTH:
        raise FaultError("invalid", f"{place}.{how}", f"It takes at most {MAX_CHECKS} checks, {MAX_DEPTH} deep.")
    return Group(how, tuple(_part(part, f"{place}.{how}.{i}", depth) for i, part in enumerate(parts)))


def _part(raw: JsonValue, place: str, depth: int) -> Condition | Group:
    if isinstance(raw, dict) and "field" not in raw:
        return _group(raw, place, depth + 1)
    if not isinstance(raw, dict) or len(raw) != 2:
        raise FaultError("invalid", place, "A check has a field and one operator.")
    field = raw["field"]
    if not isinstance(field, str) or (field not in FIELDS and not field.startswith("fields.")):
        raise FaultError("unknown_field", f"{place}.field", f"Rules cannot ask for {field}.")
    op, wanted = next((key, value) for key, value in raw.items() if key != "field")
    if op not in OPERATORS:
        raise FaultError("unknown_operator", f"{place}.{op}", f"Operators are {', '.join(OPERATORS)}.")
    about_change = op in _ABOUT_CHANGES
    if about_change and field not in CHANGING and not field.startswith("fields."):
        raise FaultError("invalid", f"{place}.{op}", f"Changes are recorded of {', '.join(sorted(CHANGING))}.")
    kinds = _TAKES.get(op)
    if kinds is not None and (not isinstance(wanted, kinds) or (bool not in kinds and isinstance(wanted, bool))):
        raise FaultError("invalid", f"{place}.{op}", f"It takes {_WORDS[kinds[0]]}.")
    return Condition(field, op, _folded(field, wanted), OPERATORS[op], about_change)


def _folded(field: str, wanted: JsonValue) -> Any:
    if field not in _CASELESS:
        return wanted
    if isinstance(wanted, list):
        return [_folded(field, each) for each in wanted]
    return wanted.lower() if isinstance(wanted, str) else wanted
