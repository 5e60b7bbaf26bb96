"""Changing fields: who may, what fits, what conflicts, whose turn it is, and that a save is one step."""

from typing import Any

import pytest

from services.tickets.domain.addresses import person_id
from services.tickets.domain.bounds import TAGS
from shared.contracts.state import FieldOption, FieldSpec, ItemState
from shared.contracts.tickets import Assign, ChangeItem, ItemChanged, SaveAgent, SaveTeam, SaveType
from tests.unit.tickets.desk import ADMIN, INES, MARTA, RITA, TOMAS, Desk, addresses, agent, own_id

RULE = "rule:11111111-1111-1111-1111-111111111111"
FIELDS = (
    FieldSpec(
        key="shop", label="Shop", kind="select", required=True, options=(FieldOption(key="porto", label="Porto"),)
    ),
    FieldSpec(key="amount", label="Amount", kind="number"),
    FieldSpec(key="due", label="Due", kind="date"),
    FieldSpec(key="urgent", label="Urgent", kind="checkbox"),
    FieldSpec(key="note", label="Note"),
)


@pytest.fixture
def item(desk: Desk) -> ItemState:
    desk.done(SaveType(key="request", fields=FIELDS), agent(ADMIN))
    return desk.receive().item


def test_change_is_one_version_one_step_one_fact(desk: Desk, item: ItemState) -> None:
    """R11: a save of several fields is one step of the history, with old and new of each, and who did it."""
    outcome = desk.change(item, title=" New ", priority="high", status="in_progress")
    assert outcome.item.version == item.version + 1
    assert (outcome.item.title, outcome.item.priority, outcome.item.state) == ("New", "high", "in_progress")
    fact = desk.last(ItemChanged)
    assert fact.changes == {
        "title": ("ONT reboots", "New"),
        "priority": ("normal", "high"),
        "status": ("new", "in_progress"),
    }
    assert fact.actor_name == "Rita Almeida"
    step = desk.store.history[-1]
    assert (step.version, step.event, step.actor, step.changes) == (2, "changed", agent(), fact.changes)
    assert desk.answers()[-1].result["version"] == 2


def test_nothing_changed_is_no_step(desk: Desk, item: ItemState) -> None:
    """A save that changes nothing is done, and leaves no trace in the history."""
    before = desk.snapshot()
    outcome = desk.change(item, title=item.title, priority="normal", **{"fields.note": None})
    assert outcome.item == item
    assert desk.snapshot() == before


@pytest.mark.parametrize(
    ("values", "code", "about"),
    [
        ({"title": ""}, "invalid", "title"),
        ({"title": "x" * 256}, "invalid", "title"),
        ({"title": None}, "invalid", "title"),
        ({"status": "sung"}, "unknown_status", "status"),
        ({"priority": "whatever"}, "invalid", "priority"),
        ({"type": "choir"}, "unknown_type", "type"),
        ({"team": "choir"}, "unknown_team", "team"),
        ({"assignee": "nobody@x.example"}, "unknown_person", "assignee"),
        ({"assignee": MARTA}, "unknown_person", "assignee"),
        ({"tags": "word"}, "invalid", "tags"),
        ({"tags": ["x" * 61]}, "invalid", "tags"),
        ({"tags": [f"t{n}" for n in range(TAGS + 1)]}, "too_many", "tags"),
        ({"number": 7}, "unknown_field", "number"),
        ({"requester": MARTA}, "unknown_field", "requester"),
        ({"fields.colour": "red"}, "unknown_field", "fields.colour"),
        ({"fields.shop": "lisboa"}, "invalid", "fields.shop"),
        ({"fields.amount": "many"}, "invalid", "fields.amount"),
        ({"fields.due": "24/11/2026"}, "invalid", "fields.due"),
        ({"fields.urgent": "yes"}, "invalid", "fields.urgent"),
        ({"fields.note": "x" * 10_001}, "invalid", "fields.note"),
    ],
)
def test_value_that_does_not_fit_is_refused_by_its_field(
    desk: Desk, item: ItemState, values: dict[str, Any], code: str, about: str
) -> None:
    """P12: a refusal names the field, and nothing of the command is done."""
    refusal = desk.refused(ChangeItem(item_id=item.id, set={"priority": "high", **values}))
    assert (refusal.code, refusal.about) == (code, about)


def test_custom_fields_are_set_and_cleared(desk: Desk, item: ItemState) -> None:
    """Fields are rows of the type; null clears one."""
    values: dict[str, Any] = {
        "fields.shop": "porto",
        "fields.amount": 2.5,
        "fields.due": "2026-12-24",
        "fields.urgent": True,
    }
    assert desk.change(item, **values).item.fields == {
        "shop": "porto",
        "amount": 2.5,
        "due": "2026-12-24",
        "urgent": True,
    }
    outcome = desk.change(item, **{"fields.amount": None})
    assert "amount" not in outcome.item.fields
    assert desk.last(ItemChanged).changes == {"fields.amount": (2.5, None)}


def test_filling_what_was_missing_ends_incomplete(desk: Desk) -> None:
    """P11: a form's item without a required field is flagged until staff fill it."""
    desk.done(SaveType(key="request", fields=FIELDS), agent(ADMIN))
    item = desk.receive(channel="portal", form="request", mailboxes=(), message_id=None).item
    assert item.incomplete
    assert not desk.change(item, **{"fields.shop": "porto"}).item.incomplete


def test_type_that_lacks_the_status_begins_anew(desk: Desk, item: ItemState) -> None:
    """An item that changes its type keeps its status where the type has it, else begins where the type begins."""
    statuses = ({"key": "triage", "label": "Triage", "state": "not_started"},)
    desk.done(SaveType(key="odd", label="Odd", statuses=statuses, create=True), agent(ADMIN))
    assert desk.change(item, type="hardware").item.status == "new"
    changed = desk.change(item, type="odd").item
    assert (changed.type, changed.status) == ("odd", "triage")
    refusal = desk.refused(ChangeItem(item_id=item.id, set={"type": "hardware", "status": "triage"}))
    assert refusal.code == "unknown_status"


def test_retired_type_takes_no_new_items_by_hand(desk: Desk, item: ItemState) -> None:
    """A retired type is nobody's choice any more."""
    desk.done(SaveType(key="hardware", retired=True), agent(ADMIN))
    assert desk.refused(ChangeItem(item_id=item.id, set={"type": "hardware"})).code == "unknown_type"


# ---- conflicts


def test_only_a_named_field_that_changed_since_conflicts(desk: Desk, item: ItemState) -> None:
    """R18: different fields do not conflict; the same field shows both values and who set theirs, and stays."""
    desk.change(item, agent(TOMAS), priority="high")
    other = desk.command(ChangeItem(item_id=item.id, set={"title": "Other"}, based_on=item.version))
    assert not hasattr(other, "code")
    refusal = desk.refused(ChangeItem(item_id=item.id, set={"priority": "low", "title": "X"}, based_on=item.version))
    assert refusal.code == "conflict"
    assert set(refusal.conflicts) == {"priority", "title"}
    conflict = refusal.conflicts["priority"]
    assert (conflict.yours, conflict.theirs, conflict.by_name) == ("low", "high", "Tomás Ferreira")
    assert desk.item(item).priority == "high"


def test_same_value_is_no_conflict(desk: Desk, item: ItemState) -> None:
    """R18: two who want the same have it."""
    desk.change(item, priority="high")
    assert desk.done(ChangeItem(item_id=item.id, set={"priority": "high"}, based_on=1)).item.priority == "high"


def test_field_changed_and_changed_back_is_no_conflict(desk: Desk, item: ItemState) -> None:
    """R18: what stands there is what was seen: nobody's change is lost."""
    desk.change(item, priority="high")
    desk.change(item, priority="normal")
    assert desk.done(ChangeItem(item_id=item.id, set={"priority": "low"}, based_on=1)).item.priority == "low"


def test_assignment_conflicts_by_team_and_person(desk: Desk, item: ItemState) -> None:
    """R18: an assignment names team and assignee, and conflicts as they do."""
    desk.change(item, assignee=TOMAS)
    refusal = desk.refused(ChangeItem(item_id=item.id, assign=Assign(member=str(person_id(RITA))), based_on=1))
    assert set(refusal.conflicts) == {"assignee"}


def test_custom_field_conflicts_by_its_own_name(desk: Desk, item: ItemState) -> None:
    """R18: two custom fields are two fields."""
    desk.change(item, **{"fields.note": "theirs"})
    desk.done(ChangeItem(item_id=item.id, set={"fields.amount": 1}, based_on=1))
    refusal = desk.refused(ChangeItem(item_id=item.id, set={"fields.note": "mine"}, based_on=1))
    assert refusal.conflicts["fields.note"].theirs == "theirs"


def test_version_of_the_future_is_no_conflict(desk: Desk, item: ItemState) -> None:
    """A version that is not older than the item's has seen everything."""
    assert desk.done(ChangeItem(item_id=item.id, set={"priority": "low"}, based_on=99)).item.priority == "low"


def test_rule_yields_to_a_human_and_not_to_another_rule(desk: Desk, item: ItemState) -> None:
    """DESIGN §4: a rule's change of a field that a human changed since it looked is refused; over a rule's not."""
    desk.change(item, RULE, priority="high")
    saw = ChangeItem(item_id=item.id, set={"priority": "low"}, saw={"priority": "normal"})
    assert desk.done(saw, RULE).item.priority == "low"
    desk.change(item, priority="urgent")
    assert desk.refused(saw, RULE).code == "human_changed"
    fresh = ChangeItem(item_id=item.id, set={"priority": "low"}, saw={"priority": "urgent"})
    assert desk.done(fresh, RULE).item.priority == "low"


# ---- assignment


def test_another_team_takes_the_item_from_whom_it_had(desk: Desk, item: ItemState) -> None:
    """An assignee works in the item's team: another team takes it from them, unless they are of it."""
    desk.change(item, assignee=RITA)
    assert desk.change(item, team="hardware").item.assignee is None
    desk.done(SaveTeam(key="hardware", members=(person_id(TOMAS), person_id(RITA))), agent(ADMIN))
    desk.change(item, team="support", assignee=RITA)
    moved = desk.change(item, team="hardware").item
    assert moved.assignee is not None
    assert moved.assignee.address == RITA


def test_team_and_assignee_are_set_in_one_step(desk: Desk, item: ItemState) -> None:
    """The team is set first, so that its member can be named beside it."""
    found = desk.change(item, assignee=TOMAS, team="hardware").item
    assert (found.team, found.assignee and found.assignee.address) == ("hardware", TOMAS)
    assert desk.last(ItemChanged).changes.keys() == {"team", "assignee"}


def test_turns_go_round_a_team(desk: Desk) -> None:
    """P48: in turn is fair: each active member of the team gets as many, within one."""
    desk.done(SaveTeam(key="hardware", members=tuple(person_id(a) for a in (TOMAS, INES, RITA))), agent(ADMIN))
    given: list[str] = []
    for _ in range(10):
        item = desk.receive(mailboxes=("hardware",)).item
        assigned = desk.done(ChangeItem(item_id=item.id, assign=Assign(team="hardware", member="in_turn")), RULE).item
        assert assigned.assignee is not None
        given.append(assigned.assignee.address)
    counts = [given.count(address) for address in (TOMAS, INES, RITA)]
    assert max(counts) - min(counts) <= 1
    assert len(set(given[:3])) == 3


def test_turns_of_one_batch_differ(desk: Desk) -> None:
    """P48: two items decided at once go to two members."""
    desk.done(SaveTeam(key="hardware", members=tuple(person_id(a) for a in (TOMAS, INES))), agent(ADMIN))
    items = [desk.receive(mailboxes=("hardware",)).item for _ in range(2)]
    desk.take(*((RULE, ChangeItem(item_id=i.id, assign=Assign(team="hardware", member="in_turn"))) for i in items))
    assert len({a.id for i in items if (a := desk.item(i).assignee)}) == 2


def test_who_left_has_no_turn(desk: Desk) -> None:
    """P48: turns pass over inactive members; a team without any is refused."""
    desk.done(SaveTeam(key="hardware", members=(person_id(TOMAS), person_id(INES))), agent(ADMIN))
    desk.done(SaveAgent(person_id=person_id(TOMAS), address=TOMAS, active=False), agent(ADMIN))
    item = desk.receive(mailboxes=("hardware",)).item
    command = ChangeItem(item_id=item.id, assign=Assign(team="hardware", member="in_turn"))
    found = desk.done(command, RULE).item
    assert found.assignee is not None
    assert found.assignee.address == INES
    desk.done(SaveAgent(person_id=person_id(INES), address=INES, active=False), agent(ADMIN))
    assert desk.refused(command, RULE).code == "nobody_there"


def test_refused_change_takes_no_turn(desk: Desk) -> None:
    """A turn that came to nothing is not lost."""
    item = desk.receive(mailboxes=("hardware",)).item
    command = ChangeItem(
        item_id=item.id, assign=Assign(team="hardware", member="in_turn"), tag=tuple(f"t{n}" for n in range(TAGS + 1))
    )
    assert desk.refused(command, RULE).code == "too_many"
    assert desk.store.turns == {}


def test_team_alone_assigns_nobody(desk: Desk, item: ItemState) -> None:
    """DESIGN §5: assigning a team alone gives it to no member."""
    found = desk.done(ChangeItem(item_id=item.id, assign=Assign(team="hardware")), RULE).item
    assert (found.team, found.assignee) == ("hardware", None)


# ---- tags and followers


def test_tags_are_added_once_and_taken(desk: Desk, item: ItemState) -> None:
    """A tag stands once, whoever adds it again."""
    desk.done(ChangeItem(item_id=item.id, tag=("vip", " vip ", "late")))
    assert desk.item(item).tags == ("vip", "late")
    desk.done(ChangeItem(item_id=item.id, tag=("late",), untag=("vip",)))
    assert desk.item(item).tags == ("late",)


def test_followers_come_and_go(desk: Desk, item: ItemState) -> None:
    """Staff add and take followers; the requester is none, and their link ends when they go."""
    joao = "joao@sorriso.example"
    desk.done(ChangeItem(item_id=item.id, follow=addresses(joao, MARTA, "support@desk.example")))
    (follower,) = desk.item(item).followers
    assert (follower.address, bool(follower.link_nonce)) == (joao, True)
    desk.done(ChangeItem(item_id=item.id, unfollow=(follower.id,)))
    assert desk.item(item).followers == ()
    desk.done(ChangeItem(item_id=item.id, follow=addresses(joao)))
    assert desk.item(item).followers[0].link_nonce != follower.link_nonce


# ---- rights


@pytest.mark.parametrize("actor", ["customer", "stranger agent", "inactive agent", "nonsense"])
def test_who_may_not_work_is_refused(desk: Desk, item: ItemState, actor: str) -> None:
    """P72: rights are checked where the state lives, whatever a page let through."""
    desk.done(SaveAgent(person_id=person_id(INES), address=INES, active=False), agent(ADMIN))
    actors = {
        "customer": f"customer:{item.requester.id}",
        "stranger agent": f"agent:{item.requester.id}",
        "inactive agent": agent(INES),
        "nonsense": "agent:nobody",
    }
    assert desk.refused(ChangeItem(item_id=item.id, set={"priority": "low"}), actors[actor]).code == "forbidden"


def test_item_that_is_not_there_is_said(desk: Desk) -> None:
    """A command about no item is refused as such."""
    assert desk.refused(ChangeItem(item_id=desk.new_id(), set={"priority": "low"})).code == "not_found"


def test_history_grows_without_gap(desk: Desk, item: ItemState) -> None:
    """R11: every version of an item has its step, each once, in order."""
    answer = desk.reply(item)
    desk.change(item, priority="high")
    desk.receive("x@else.example", own_ids=(own_id(item, answer),))
    desk.receive(own_ids=(own_id(item, answer),))
    steps = [step.version for step in desk.store.history if step.item_id == item.id]
    assert steps == list(range(1, desk.item(item).version + 1))
