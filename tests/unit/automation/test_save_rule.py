"""Rules are rows: made, changed and removed by commands, each answered."""

from datetime import timedelta
from typing import Any

import pytest

from services.automation.use_cases.save_rule import POSITION, Refused, Versions, answer_to, decide_rule
from shared.contracts.automation import DeleteRule, SaveRule
from shared.contracts.state import RuleState
from shared.ids import new_id
from tests.unit.automation.builders import MAIL, NOW, TAG, changed, rule

RITA = "agent:rita"


def command(of: RuleState | None = None, **more: Any) -> SaveRule:
    if of is not None:
        return SaveRule(**{"rule_id": of.id, **more})
    values: dict[str, Any] = {
        "rule_id": new_id(),
        "create": True,
        "name": "Third",
        "trigger": "created",
        "actions": (TAG,),
    }
    return SaveRule(**{**values, **more})


def saved(versions: Versions, of: SaveRule | DeleteRule, actor: str = RITA) -> RuleState:
    found = decide_rule(versions, of, actor, NOW)
    assert isinstance(found, RuleState), found
    return found


def refused(versions: Versions, of: SaveRule | DeleteRule, actor: str = RITA) -> Refused:
    found = decide_rule(versions, of, actor, NOW)
    assert isinstance(found, Refused), found
    return found


def test_new_rule_stands_behind_the_seeded_ones_and_acts_from_now_on() -> None:
    """P41: made enabled, it is active from this moment; what happened before is not acted upon."""
    made = saved(Versions(None), command(filter={"all": [{"field": "type", "is": "hardware"}]}))
    assert (made.version, made.enabled, made.position, made.activated_at) == (1, True, POSITION, NOW)
    assert made.filter == {"all": [{"field": "type", "is": "hardware"}]}


def test_change_names_what_it_changes() -> None:
    """Absent parts stay; a rule that stays on keeps the moment of its activation."""
    known = rule(name="Before", position=4)
    after = saved(Versions(known), command(known, name="After"))
    assert after == known.model_copy(update={"name": "After", "version": 2})


def test_switching_on_begins_anew() -> None:
    """DESIGN §2: the time in which a rule was off is past; it acts on what happens after it was switched on."""
    known = rule(activated_at=NOW - timedelta(days=9))
    off = saved(Versions(known), command(known, enabled=False))
    assert off.activated_at == known.activated_at
    on = saved(Versions(off), command(off, enabled=True))
    assert (on.enabled, on.activated_at, on.version) == (True, NOW, 3)


def test_made_disabled_it_is_not_active() -> None:
    """A draft of a rule has no moment of activation."""
    assert saved(Versions(None), command(enabled=False)).activated_at is None


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"name": None}, "invalid", "name"),
        ({"trigger": None}, "unknown_trigger", "trigger"),
        ({"actions": None}, "invalid", "actions"),
        ({"actions": ({"do": "explode"},)}, "unknown_action", "actions.0.do"),
        ({"filter": {"all": [{"field": "x", "is": 1}]}}, "unknown_field", "filter.all.0.field"),
    ],
)
def test_fault_is_refused_with_its_place(more: dict[str, Any], code: str, field: str) -> None:
    """DESIGN §4: shape faults are refused, the answer names the place and the remedy."""
    envelope = changed().envelope
    answer = answer_to(envelope, refused(Versions(None), command(**more)))
    assert (answer.outcome, answer.code, answer.field) == ("refused", code, field)
    assert answer.text
    assert answer.command_id == envelope.id


def test_answer_tells_id_and_version() -> None:
    """The gateway finds the new row by its answer."""
    made = saved(Versions(None), command())
    answer = answer_to(changed().envelope, made)
    assert (answer.outcome, answer.result) == ("done", {"rule_id": str(made.id), "version": 1})


@pytest.mark.parametrize("actor", ["customer:x", "rule:x", ""])
def test_only_staff_set_rules(actor: str) -> None:
    """No rule makes a rule, no customer does."""
    known = rule()
    for each in (command(), command(known, name="x"), DeleteRule(rule_id=known.id)):
        assert refused(Versions(known), each, actor).fault.code == "forbidden"


def test_what_is_not_there_is_not_found() -> None:
    """A rule that never was, or is gone, is neither changed, removed again, nor made anew under its id."""
    known = rule()
    gone = saved(Versions(known), DeleteRule(rule_id=known.id))
    assert (gone.deleted, gone.enabled, gone.version) == (True, False, 2)
    assert refused(Versions(None), command(known, name="x")).fault.code == "not_found"
    assert refused(Versions(None), DeleteRule(rule_id=known.id)).fault.code == "not_found"
    assert refused(Versions(gone), command(known, enabled=True)).fault.code == "not_found"
    assert refused(Versions(gone), DeleteRule(rule_id=known.id)).fault.code == "not_found"
    assert refused(Versions(gone), command(known, create=True)).fault.code == "taken"


def test_conflict_only_where_a_named_part_changed() -> None:
    """R18: two administrators who change different parts of a rule do not get into each other's way."""
    then = rule(name="Then")
    now = then.model_copy(update={"version": 2, "name": "Theirs"})
    versions = Versions(now, then, changed_by="agent:ines", changed_at=NOW)
    assert saved(versions, command(then, actions=(MAIL,), based_on=1)).name == "Theirs"
    found = refused(versions, command(then, name="Mine", based_on=1))
    assert found.fault.code == "conflict"
    conflict = found.conflicts["name"]
    assert (conflict.yours, conflict.theirs, conflict.by) == ("Mine", "Theirs", "agent:ines")
    assert saved(versions, command(then, name="Theirs", based_on=1)).version == 3, "the same value is no conflict"
    assert saved(versions, command(then, name="Mine", based_on=2)).name == "Mine"
    assert saved(versions, command(then, name="Mine")).name == "Mine", "without a version nothing conflicts"


def test_version_that_nobody_kept_conflicts_with_every_difference() -> None:
    """An If-Match of a version that never was cannot overwrite anything."""
    now = rule(version=5, name="Theirs")
    assert set(refused(Versions(now), command(now, name="Mine", trigger="held", based_on=2)).conflicts) == {
        "name",
        "trigger",
    }
