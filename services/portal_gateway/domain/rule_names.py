"""Do the names in a rule name something: teams, types, statuses, people.

Invariant: pure, and about names alone; whether a filter or an action has the right shape is its owner's question, so
whatever is not understood here is passed over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.contracts.base import JsonObject
from shared.contracts.state import PersonState, TeamState, TypeState

#: Operators that compare with names.
_COMPARING = frozenset({"is", "is_not", "in", "not_in", "changed_from", "changed_to"})
_DEEPEST = 10


@dataclass(frozen=True)
class UnknownName:
    """A name that names nothing.

    Attributes:
        place: ``filter.all.0.is``, ``actions.1.team``.
    """

    code: str
    place: str
    text: str


@dataclass(frozen=True)
class Names:
    """What rules may name."""

    teams: frozenset[str]
    types: frozenset[str]
    statuses: frozenset[str]
    staff: frozenset[UUID]

    @classmethod
    def of(cls, types: Sequence[TypeState], teams: Sequence[TeamState], staff: Sequence[PersonState]) -> "Names":
        return cls(
            frozenset(team.key for team in teams),
            frozenset(kind.key for kind in types),
            frozenset(status.key for kind in types for status in kind.statuses),
            frozenset(person.id for person in staff),
        )

    def unknown(self, field: Any, name: Any) -> tuple[str, str] | None:
        """Code and sentence for a name that a field does not know; none for one it does, and for other fields."""
        if not isinstance(field, str) or not isinstance(name, str):
            return None
        known: dict[str, tuple[frozenset[str], str]] = {
            "team": (self.teams, "team"),
            "type": (self.types, "type"),
            "status": (self.statuses, "status"),
            "assignee": (frozenset(str(person) for person in self.staff), "person"),
        }
        if field not in known:
            return None
        names, word = known[field]
        found = name.lower() in names if word == "person" else name in names
        return None if found else (f"unknown_{word}", f"There is no {word} {name[:80]}.")


def unknown_name(names: Names, rule_filter: JsonObject | None, actions: Sequence[JsonObject]) -> UnknownName | None:
    """The first name in a rule's filter and actions that names nothing."""
    named = [*_in_filter(rule_filter or {}, "filter", 0)]
    for index, action in enumerate(actions):
        named += _in_action(action, f"actions.{index}")
    for place, field, name in named:
        fault = names.unknown(field, name)
        if fault is not None:
            return UnknownName(fault[0], place, fault[1])
    return None


Named = tuple[str, Any, Any]


def _in_filter(part: Any, place: str, depth: int) -> Iterator[Named]:
    """Every (place, field, name) that a filter compares with."""
    if not isinstance(part, dict) or depth > _DEEPEST:
        return
    if "field" in part:
        for op in part.keys() & _COMPARING:
            wanted = part[op]
            for name in wanted if isinstance(wanted, list) else [wanted]:
                yield f"{place}.{op}", part["field"], name
        return
    for how, parts in part.items():
        if isinstance(parts, dict):
            yield from _in_filter(parts, f"{place}.{how}", depth + 1)
        for index, inner in enumerate(parts if isinstance(parts, list) else []):
            yield from _in_filter(inner, f"{place}.{how}.{index}", depth + 1)


def _in_action(action: JsonObject, place: str) -> list[Named]:
    if action.get("do") == "assign":
        member = action.get("member")
        people = [] if member in ("none", "in_turn") else [(f"{place}.member", "assignee", member)]
        return [(f"{place}.team", "team", action.get("team")), *people]
    if action.get("do") == "set":
        return [(f"{place}.value", action.get("field"), action.get("value"))]
    return []
