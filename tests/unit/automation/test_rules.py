"""Rules as checked values, and the set that stands."""

from typing import Any

import pytest

from services.automation.domain.fault import Fault
from services.automation.domain.rules import LISTED, Rule, RuleSet, compile_rule
from services.automation.domain.seeds import seeded_rules
from shared.contracts.state import RuleState
from tests.unit.automation.builders import MAIL, TAG, ids, rule

HARDWARE: dict[str, Any] = {"all": [{"field": "type", "is": "hardware"}]}


@pytest.mark.parametrize(
    ("more", "code", "place"),
    [
        ({"name": ""}, "invalid", "name"),
        ({"name": "   "}, "invalid", "name"),
        ({"name": "x" * 121}, "invalid", "name"),
        ({"name": "two\nlines"}, "invalid", "name"),
        ({"trigger": "at midnight"}, "unknown_trigger", "trigger"),
        ({"trigger": ""}, "unknown_trigger", "trigger"),
        ({"actions": ()}, "invalid", "actions"),
        ({"actions": (TAG,) * 21}, "invalid", "actions"),
        ({"actions": (TAG, {"do": "tag", "tags": []})}, "invalid", "actions.1.tags"),
        ({"filter": {"all": [{"field": "colour", "is": 1}]}}, "unknown_field", "filter.all.0.field"),
        ({"filter": {"all": [{"field": "title", "is": "x" * 70_000}]}}, "invalid", ""),
        ({"filter": {"all": [{"field": "title", "is": "a\x00b"}]}}, "invalid", ""),
    ],
)
def test_fault_of_a_rule_is_a_value_with_its_place(more: dict[str, Any], code: str, place: str) -> None:
    """DESIGN §4: automation checks shape; the refusal names the place."""
    fault = compile_rule(rule(**more))
    assert isinstance(fault, Fault)
    assert (fault.code, fault.place) == (code, place)


def test_unknown_references_are_accepted() -> None:
    """DESIGN §4: a team or status that does not exist is no fault of shape; it is *unknown* when the rule runs."""
    state = rule({"do": "assign", "team": "mars"}, {"do": "set", "field": "status", "value": "orbiting"})
    assert isinstance(compile_rule(state), Rule)


def test_rule_knows_whether_it_mails_and_minds_machines() -> None:
    """Only rules that write to people need the caps; only those that ask for machines see their mail."""
    mails = [compile_rule(rule(a)) for a in (MAIL, {"do": "message", "text": "x", "public": True}, TAG)]
    assert [r.mails for r in mails if isinstance(r, Rule)] == [True, True, False]
    asks = compile_rule(rule(filter={"any": [{"all": [{"field": "automatic", "is": True}]}]}))
    assert isinstance(asks, Rule)
    assert asks.minds_machines


def fitting(rules: RuleSet, *triggers: str, item_type: str = "request") -> tuple[list[str], int]:
    found, passed_over = rules.fitting(triggers, item_type)
    return [each.state.name for each in found], passed_over


def test_rules_are_judged_in_their_order() -> None:
    """Position decides, then age: the same for every event and every replica."""
    late, early = rule(name="late", position=2), rule(name="early", position=1)
    other = rule(name="other", trigger="changed")
    assert fitting(RuleSet(1, [late, other, early]), "created") == (["early", "late"], 0)
    assert fitting(RuleSet(1, [late, other, early]), "created", "changed")[0] == ["other", "early", "late"]


def test_disabled_and_deleted_rules_do_not_stand() -> None:
    """P41: a rule that is switched off, or gone, is not judged."""
    rules = RuleSet(1, [rule(name="off", enabled=False), rule(name="gone", deleted=True), rule(name="on")])
    assert fitting(rules, "created") == (["on"], 0)


def test_many_rules_for_other_types_are_passed_over() -> None:
    """R21: with thousands of rules an event is judged by those for its type; the others are counted, not lost."""
    many = [rule(name=f"type {n}", filter={"all": [{"field": "type", "is": f"type{n}"}]}) for n in range(LISTED + 5)]
    rules = RuleSet(1, [*many, rule(name="any", position=9), rule(name="hardware", filter=HARDWARE, position=8)])
    assert fitting(rules, "created", item_type="hardware") == (["hardware", "any"], LISTED + 5)
    few = RuleSet(1, many[:3])
    assert len(fitting(few, "created", item_type="hardware")[0]) == 3, "few rules are all judged and shown"


def test_set_changes_by_what_changed_alone() -> None:
    """R21: saving one of 10,000 rules reads one; the set before stays as it is for whoever still uses it."""
    first, second = rule(name="first", position=1), rule(name="second", position=2)
    before = RuleSet(4, [first, second])
    off = first.model_copy(update={"enabled": False})
    third = rule(name="third", position=3)
    after = before.changed(5, [off, third])
    assert (before.version, fitting(before, "created")[0]) == (4, ["first", "second"])
    assert (after.version, fitting(after, "created")[0]) == (5, ["second", "third"])
    assert fitting(after.changed(6, [first]), "created")[0] == ["first", "second", "third"]


def test_rule_that_cannot_be_judged_is_told_not_run() -> None:
    """A row of a newer version, or an older one, costs itself alone."""
    broken = rule(name="broken", trigger="on full moon")
    rules = RuleSet(1, [broken, rule(name="good")])
    assert fitting(rules, "created")[0] == ["good"]
    assert set(rules.faults) == set(ids(broken))
    mended = rules.changed(2, [broken.model_copy(update={"trigger": "created"})])
    assert mended.faults == {}
    assert "broken" in fitting(mended, "created")[0]


def test_rules_are_known_by_name_even_when_they_are_gone() -> None:
    """B9: a chain is shown by names; an id that nobody remembers stands for itself."""
    gone = rule(name="Was here", deleted=True)
    rules = RuleSet(1, [gone])
    assert rules.name_of(str(gone.id)) == "Was here"
    assert rules.name_of("x") == "x"


def test_seeds_are_good_rules_with_fixed_ids() -> None:
    """P44, P48: a fresh desk acknowledges and gives hardware to its team; seeded again they are the same rows."""
    seeds = seeded_rules()
    assert [seed.name for seed in seeds] == ["Acknowledge", "Hardware to the hardware team"]
    assert all(isinstance(compile_rule(seed), Rule) for seed in seeds)
    assert ids(*seeds) == ids(*seeded_rules())
    acknowledge: RuleState = seeds[0]
    assert "{{title}}" not in str(acknowledge.actions), "a confirmation says nothing that the requester wrote"
