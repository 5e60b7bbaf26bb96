"""Names in rules are checked against what the desk shows, each with its place."""

from uuid import UUID

import pytest

from services.portal_gateway.domain.rule_names import Names, unknown_name
from shared.contracts.base import JsonObject
from shared.contracts.state import PersonState, StatusSpec, TeamState, TypeState

RITA = PersonState(version=1, id=UUID(int=7), address="rita@desk.example", role="agent")
NAMES = Names.of(
    [
        TypeState(
            version=1,
            key="hardware",
            label="Hardware",
            statuses=(StatusSpec(key="new", label="New", state="not_started"),),
        )
    ],
    [TeamState(version=1, key="support", label="Support")],
    [RITA],
)


@pytest.mark.parametrize(
    ("rule_filter", "actions", "code", "place"),
    [
        ({"all": [{"field": "type", "is": "nonsense"}]}, [], "unknown_type", "filter.all.0.is"),
        ({"any": [{"not": [{"field": "team", "in": ["support", "x"]}]}]}, [], "unknown_team", "filter.any.0.not.0.in"),
        ({"not": {"field": "status", "changed_to": "gone"}}, [], "unknown_status", "filter.not.changed_to"),
        ({"all": [{"field": "assignee", "is": str(UUID(int=8))}]}, [], "unknown_person", "filter.all.0.is"),
        ({}, [{"do": "tag", "tags": ["x"]}, {"do": "assign", "team": "x"}], "unknown_team", "actions.1.team"),
        ({}, [{"do": "assign", "member": str(UUID(int=8))}], "unknown_person", "actions.0.member"),
        ({}, [{"do": "set", "field": "type", "value": "x"}], "unknown_type", "actions.0.value"),
    ],
)
def test_unknown_names_are_told_with_their_place(
    rule_filter: JsonObject, actions: list[JsonObject], code: str, place: str
) -> None:
    """A team, type, status or person that there is not is named where it stands."""
    found = unknown_name(NAMES, rule_filter, actions)
    assert found is not None
    assert (found.code, found.place) == (code, place)
    assert found.text


@pytest.mark.parametrize(
    ("rule_filter", "actions"),
    [
        ({"all": [{"field": "type", "is": "hardware"}, {"field": "title", "contains": "x"}]}, []),
        ({"all": [{"field": "team", "is": None}, {"field": "assignee", "is": str(RITA.id).upper()}]}, []),
        ({}, [{"do": "assign", "team": "support", "member": "in_turn"}, {"do": "set", "field": "title", "value": "x"}]),
        ({"all": "no list"}, [{"do": 5}, {"do": "set", "value": "x"}, {"do": "assign", "member": ["x"]}]),
        ({"all": [{"field": ["type"], "is": "x"}, {"field": "type", "is": {"a": 1}}]}, []),
    ],
)
def test_known_names_and_foreign_shapes_are_passed_over(rule_filter: JsonObject, actions: list[JsonObject]) -> None:
    """Shape is the owner's question: whatever is no name is not judged here, and nothing crashes."""
    assert unknown_name(NAMES, rule_filter, actions) is None
