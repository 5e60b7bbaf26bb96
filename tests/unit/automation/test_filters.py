"""Filters: what is refused when a rule is saved, and what holds when an event is judged."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.automation.domain.fault import Fault, FaultError
from services.automation.domain.filters import (
    CHANGING,
    FIELDS,
    MAX_CHECKS,
    OPERATORS,
    Group,
    Seen,
    compile_filter,
    holds,
    shown,
)
from tests.unit.automation.builders import added, changed, created, item, person

FACTS: dict[str, Any] = {
    "type": "hardware",
    "title": "Router avariado",
    "tags": ["vip", "porto"],
    "number": 42,
    "assignee": None,
    "requester.address": "marta@cliente.example",
    "fields.shop": "porto",
    "fields.count": 3,
    "incomplete": False,
}
CHANGES: dict[str, Any] = {"status": ("new", "waiting"), "fields.shop": (None, "porto")}


def check(raw: dict[str, Any]) -> bool:
    return holds(compile_filter(raw), FACTS, CHANGES, [])


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"field": "type", "is": "hardware"}, True),
        ({"field": "type", "is": "request"}, False),
        ({"field": "type", "is_not": "request"}, True),
        ({"field": "assignee", "is": None}, True),
        ({"field": "incomplete", "is": False}, True),
        ({"field": "type", "in": ["request", "hardware"]}, True),
        ({"field": "type", "not_in": ["request"]}, True),
        ({"field": "title", "contains": "ROUTER"}, True),
        ({"field": "title", "contains": "modem"}, False),
        ({"field": "tags", "contains": "vip"}, True),
        ({"field": "tags", "contains": "VIP"}, False),
        ({"field": "tags", "contains_not": "lisboa"}, True),
        ({"field": "assignee", "contains": "x"}, False),
        ({"field": "title", "starts_with": "router"}, True),
        ({"field": "number", "starts_with": "4"}, False),
        ({"field": "assignee", "present": False}, True),
        ({"field": "title", "present": True}, True),
        ({"field": "language", "present": True}, False),
        ({"field": "number", "greater": 41}, True),
        ({"field": "number", "less": 42}, False),
        ({"field": "number", "less": "50"}, False),
        ({"field": "assignee", "greater": 1}, False),
        ({"field": "incomplete", "greater": -1}, False),
        ({"field": "fields.count", "greater": 2.5}, True),
        ({"field": "fields.shop", "is": "porto"}, True),
        ({"field": "fields.never_made", "is": "porto"}, False),
        ({"field": "requester.address", "is": "Marta@Cliente.example"}, True),
        ({"field": "requester.address", "in": ["MARTA@CLIENTE.EXAMPLE"]}, True),
        ({"field": "status", "changed": True}, True),
        ({"field": "priority", "changed": True}, False),
        ({"field": "priority", "changed": False}, True),
        ({"field": "status", "changed_from": "new"}, True),
        ({"field": "status", "changed_to": "waiting"}, True),
        ({"field": "status", "changed_to": "new"}, False),
        ({"field": "fields.shop", "changed_to": "porto"}, True),
    ],
)
def test_each_operator_holds_as_its_name_says(part: dict[str, Any], expected: bool) -> None:
    """P41, P42: operators compare keys, texts whatever their case, lists, numbers, and values before and after."""
    assert check({"all": [part]}) is expected


YES: dict[str, Any] = {"field": "type", "is": "hardware"}
NO: dict[str, Any] = {"field": "type", "is": "request"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, True),
        ({"all": []}, True),
        ({"any": []}, False),
        ({"none": []}, True),
        ({"all": [YES, NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"none": [NO, NO]}, True),
        ({"none": [NO, YES]}, False),
        ({"not": YES}, False),
        ({"not": [NO]}, True),
        ({"all": [YES, {"any": [NO, {"not": NO}]}]}, True),
        ({"all": [{"none": [YES]}, YES]}, False),
    ],
)
def test_groups_combine_their_parts(raw: dict[str, Any], expected: bool) -> None:
    """P41: all, any, none and not combine checks, nested as well; an empty filter lets everything through."""
    assert check(raw) is expected


@pytest.mark.parametrize(
    ("raw", "code", "place"),
    [
        ({"every": []}, "invalid", "filter.every"),
        ({"all": [], "any": []}, "invalid", "filter"),
        ({"all": {}}, "invalid", "filter.all"),
        ({"all": ["type"]}, "invalid", "filter.all.0"),
        ({"all": [YES, {"field": "colour", "is": "red"}]}, "unknown_field", "filter.all.1.field"),
        ({"all": [{"field": 7, "is": "red"}]}, "unknown_field", "filter.all.0.field"),
        ({"all": [{"field": "type", "resembles": "x"}]}, "unknown_operator", "filter.all.0.resembles"),
        ({"all": [{"field": "type"}]}, "invalid", "filter.all.0"),
        ({"all": [{"field": "type", "is": "a", "in": []}]}, "invalid", "filter.all.0"),
        ({"all": [{"field": "type", "in": "hardware"}]}, "invalid", "filter.all.0.in"),
        ({"all": [{"field": "title", "contains": 5}]}, "invalid", "filter.all.0.contains"),
        ({"all": [{"field": "title", "present": "yes"}]}, "invalid", "filter.all.0.present"),
        ({"all": [{"field": "number", "greater": True}]}, "invalid", "filter.all.0.greater"),
        ({"all": [{"field": "number", "greater": None}]}, "invalid", "filter.all.0.greater"),
        ({"all": [{"field": "text", "changed": True}]}, "invalid", "filter.all.0.changed"),
        (
            {"any": [{"all": [{"any": [NO, {"field": "x", "is": 1}]}]}]},
            "unknown_field",
            "filter.any.0.all.0.any.1.field",
        ),
        ({"all": [YES] * (MAX_CHECKS + 1)}, "invalid", "filter.all"),
    ],
)
def test_fault_is_named_by_its_place(raw: dict[str, Any], code: str, place: str) -> None:
    """DESIGN §4: automation checks the shape; whoever saves a rule reads where it is wrong."""
    with pytest.raises(FaultError) as caught:
        compile_filter(raw)
    assert (caught.value.fault.code, caught.value.fault.place) == (code, place)
    assert caught.value.fault.text


def test_filter_that_is_too_deep_is_refused() -> None:
    """A filter has an end: nesting is bounded, so that judging it is."""
    raw: dict[str, Any] = {"all": [YES]}
    for _ in range(10):
        raw = {"all": [raw]}
    with pytest.raises(FaultError):
        compile_filter(raw)


def test_judging_stops_at_the_check_that_settles_it() -> None:
    """R11: a decision shows the checks that were looked at, the last one being the reason."""
    seen: list[Seen] = []
    assert not holds(compile_filter({"all": [YES, NO, YES]}), FACTS, CHANGES, seen)
    assert [(c.field, c.saw, c.ok) for c in shown(seen)] == [("type", "hardware", True), ("type", "hardware", False)]


def test_decision_keeps_no_copy_of_a_mail() -> None:
    """B3: checks keep what they saw, clipped."""
    seen: list[Seen] = []
    holds(compile_filter({"all": [{"field": "text", "contains": "x"}]}), {"text": "y" * 5000}, {}, seen)
    saw = shown(seen)[0].saw
    assert isinstance(saw, str)
    assert len(saw) == 120


def test_filters_see_the_facts_of_events() -> None:
    """R13: channel, initiator, organisation, previous value, text and custom fields are all there to ask for."""
    event = added(item(fields={"shop": "porto"}, tags=("vip",)), {"text": "It BURNS"}, {"status": ("waiting", "new")})
    raw: dict[str, Any] = {
        "all": [
            {"field": "channel", "is": "mail"},
            {"field": "initiator", "is": "customer"},
            {"field": "text", "contains": "burns"},
            {"field": "fields.shop", "is": "porto"},
            {"field": "tags", "contains": "vip"},
            {"field": "status", "changed_from": "waiting"},
            {"field": "automatic", "is": False},
            {"field": "requester.domain", "is": "cliente.example"},
        ]
    }
    assert holds(compile_filter(raw), event.facts, event.fact.changes, [])


def compiled_or_fault(raw: Any) -> Group | Fault:
    try:
        return compile_filter(raw)
    except FaultError as error:
        return error.fault


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from([*sorted(FIELDS), "fields.shop", "fields.x"])
checks = st.builds(lambda f, op, wanted: {"field": f, op: wanted}, fields, st.sampled_from([*OPERATORS]), json_values)
filters = st.recursive(
    st.builds(
        lambda how, parts: {how: parts}, st.sampled_from(["all", "any", "none", "not"]), st.lists(checks, max_size=4)
    ),
    lambda inner: st.builds(
        lambda how, parts: {how: parts},
        st.sampled_from(["all", "any", "none", "not"]),
        st.lists(checks | inner, max_size=3),
    ),
    max_leaves=4,
)
changing = st.sampled_from([*sorted(CHANGING), "fields.shop", "fields.x"])


@given(
    raw=filters,
    facts=st.dictionaries(fields, json_values, max_size=12),
    changes=st.dictionaries(changing, st.tuples(json_values, json_values), max_size=4),
)
def test_filter_that_compiles_never_raises(raw: dict[str, Any], facts: dict[str, Any], changes: dict[str, Any]) -> None:
    """R11: what was accepted when a rule was saved is judged without an error, whatever an event holds."""
    compiled = compiled_or_fault(raw)
    if isinstance(compiled, Fault):
        assert compiled.place.startswith("filter")
        return
    seen: list[Seen] = []
    assert holds(compiled, facts, changes, seen) in {True, False}
    shown(seen)


@given(raw=json_values)
def test_any_json_compiles_or_names_its_fault(raw: Any) -> None:
    """Bad input is a named fault, never a crash."""
    compiled = compiled_or_fault(raw)
    assert not isinstance(compiled, Fault) or compiled.text


@given(raw=filters)
def test_not_turns_a_filter_round(raw: dict[str, Any]) -> None:
    """`not` holds exactly where its part does not."""
    plain, turned = compiled_or_fault(raw), compiled_or_fault({"not": [raw]})
    if isinstance(plain, Fault) or isinstance(turned, Fault):
        return
    for event in (created(), changed(), added()):
        assert holds(plain, event.facts, event.fact.changes, []) is not holds(
            turned, event.facts, event.fact.changes, []
        )


def test_addresses_are_compared_without_case() -> None:
    """P24: an address is the same whatever its case, in filters too."""
    event = created(item(requester=person("MARTA@Cliente.Example")))
    for wanted in ("marta@cliente.example", "Marta@CLIENTE.example"):
        raw: dict[str, Any] = {"all": [{"field": "requester.address", "is": wanted}]}
        assert holds(compile_filter(raw), event.facts, {}, [])
