"""What rules make of an event: verdicts with their reasons, commands that follow, and the guards against loops."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.automation.domain.caps import Caps
from services.automation.domain.facts import Happened
from services.automation.domain.judging import DECISION_BYTES, Judgement, judge
from services.automation.domain.rules import LISTED, RuleSet
from shared.contracts.envelope import MAX_CAUSE_DEPTH
from shared.contracts.notifier import SendMail
from shared.contracts.state import ItemState, RuleState
from shared.contracts.tickets import AddMessage, ChangeItem
from shared.ids import new_id
from tests.unit.automation.builders import (
    MAIL,
    NOW,
    TAG,
    added,
    changed,
    context,
    created,
    item,
    judged,
    outcomes,
    person,
    reasons,
    rule,
    rule_actor,
)


def body_of(judgement: Judgement, index: int = 0) -> Any:
    return judgement.follows[index].body


def test_matching_rule_runs_its_actions() -> None:
    """P41: criteria met, the actions follow, each a command to the owner, with the decision beside."""
    event = created()
    judgement = judged(event, rule(TAG, MAIL, name="Both"))
    assert [f.body.ce_type for f in judgement.follows] == [ChangeItem.ce_type, SendMail.ce_type]
    assert {f.key for f in judgement.follows} == {str(event.item.id)}
    verdict = judgement.decision.verdicts[0]
    assert (verdict.rule_name, verdict.matched, verdict.reason) == ("Both", True, "its filter holds")
    assert [a.effect_id for a in verdict.actions] == [f.effect_id for f in judgement.follows]
    assert judgement.decision.trigger == "created"
    assert judgement.decision.rule_set_version == 7


def test_rule_that_does_not_match_says_why() -> None:
    """R11, B3: the decision names the check that settled it and the value it saw."""
    judgement = judged(created(), rule(filter={"all": [{"field": "type", "is": "hardware"}]}))
    verdict = judgement.decision.verdicts[0]
    assert not verdict.matched
    assert verdict.reason == 'type is "hardware" does not hold'
    assert (verdict.checks[0].saw, verdict.checks[0].expected) == ("request", "hardware")
    assert judgement.follows == ()


def test_check_that_holds_and_must_not_is_named_so() -> None:
    """B3: a *not* is explained by what held."""
    judgement = judged(created(), rule(filter={"not": {"field": "type", "is": "request"}}))
    assert judgement.decision.verdicts[0].reason == 'type is "request" holds, and must not'


def test_event_without_a_rule_for_it_has_no_decision() -> None:
    """One decision row an event that some rule's trigger fits; none for the others."""
    assert judge(changed(), RuleSet(1, [rule(trigger="created")]), Caps(), context()) is None


def test_ids_derive_from_event_rule_and_action() -> None:
    """B8, R11: judged again after a crash, the same commands are said again, not new ones."""
    event, one, two = created(), rule(TAG, MAIL), rule(TAG)
    first, again = judged(event, one, two), judged(event, one, two)
    ids = [f.effect_id for f in first.follows]
    assert ids == [f.effect_id for f in again.follows]
    assert len(set(ids)) == 3
    assert first.decision.id == again.decision.id
    assert not set(ids) & {f.effect_id for f in judged(created(event.item), one, two).follows}


def test_message_with_changes_fires_both_triggers() -> None:
    """P42: an answer that wakes the item runs rules for messages and for changes, in one decision, in their order."""
    event = added(changes={"status": ("waiting", "new")})
    on_change = rule(
        trigger="changed", name="change", position=1, filter={"all": [{"field": "status", "changed_to": "new"}]}
    )
    on_message = rule(trigger="message_added", name="message", position=2)
    judgement = judged(event, on_message, on_change)
    assert [(v.rule_name, v.matched) for v in judgement.decision.verdicts] == [("change", True), ("message", True)]


@pytest.mark.parametrize(
    ("action", "command", "saw"),
    [
        ({"do": "set", "field": "status", "value": "waiting"}, {"set": {"status": "waiting"}}, {"status": "new"}),
        ({"do": "set", "field": "fields.shop", "value": "x"}, {"set": {"fields.shop": "x"}}, {"fields.shop": "porto"}),
        ({"do": "set", "field": "team", "value": None}, {"set": {"team": None}}, {"team": "support"}),
        ({"do": "tag", "tags": ["a", "b"]}, {"tag": ("a", "b")}, {}),
        ({"do": "untag", "tags": ["a"]}, {"untag": ("a",)}, {}),
    ],
)
def test_command_carries_what_the_rule_saw(
    action: dict[str, Any], command: dict[str, Any], saw: dict[str, Any]
) -> None:
    """DESIGN §4: rule actions carry the value the rule saw, so that a human's later change is not overwritten."""
    body = body_of(judged(created(item(fields={"shop": "porto"})), rule(action)))
    assert isinstance(body, ChangeItem)
    assert body.saw == saw
    for name, value in command.items():
        assert getattr(body, name) == value


def test_assignment_carries_team_and_assignee_as_seen() -> None:
    """P48: to a team and a member in turn; if a human gave it to somebody since, that stands."""
    rita = person("rita@desk.example", staff=True)
    body = body_of(
        judged(created(item(assignee=rita)), rule({"do": "assign", "team": "hardware", "member": "in_turn"}))
    )
    assert isinstance(body, ChangeItem)
    assert body.assign is not None
    assert (body.assign.team, body.assign.member) == ("hardware", "in_turn")
    assert body.saw == {"assignee": str(rita.id), "team": "support"}


def test_follow_note_and_message_become_commands() -> None:
    """P41: a follower, an internal note, a public message: each a command to tickets."""
    actions: list[dict[str, Any]] = [
        {"do": "follow", "address": "boss@loja.example"},
        {"do": "note", "text": "Note on {{number}}"},
        {"do": "message", "text": "We saw {{number}}", "public": True},
        {"do": "message", "text": "Private"},
    ]
    judgement = judged(created(), rule(*actions))
    assert body_of(judgement).follow[0].address == "boss@loja.example"
    written = [body_of(judgement, n) for n in (1, 2, 3)]
    assert all(isinstance(body, AddMessage) for body in written)
    assert [(w.text, w.public) for w in written] == [("Note on 1042", False), ("We saw 1042", True), ("Private", False)]
    assert len({w.message_id for w in written}) == 3


def test_mail_carries_the_item_without_what_no_mail_shows() -> None:
    """R7: followers, fields and tags of an item are no part of a mail, so they are not on the way to it."""
    of = item(fields={"secret": "canary"}, tags=("canary",), followers=(person("canary@x.example"),))
    body = body_of(judged(created(of), rule(MAIL)))
    assert isinstance(body, SendMail)
    assert "canary" not in body.model_dump_json()
    assert (body.subject, body.text, body.caused_at) == ("Hello", "Number 1042", NOW)


# ---- age ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happened", "switched_on", "outcome"),
    [
        (NOW, NOW - timedelta(days=1), "emitted"),
        (NOW - timedelta(hours=24), NOW - timedelta(days=9), "emitted"),
        (NOW - timedelta(hours=24, seconds=1), NOW - timedelta(days=9), "expired"),
        (NOW - timedelta(minutes=5), NOW - timedelta(minutes=4), "expired"),
        (NOW - timedelta(minutes=5), NOW - timedelta(minutes=5), "emitted"),
    ],
)
def test_what_is_too_old_expires(happened: Any, switched_on: Any, outcome: str) -> None:
    """DESIGN §2: older than the limit, or from before the rule's activation: recorded as expired, shown, not done."""
    judgement = judged(created(time=happened), rule(TAG, MAIL, activated_at=switched_on))
    assert outcomes(judgement) == [outcome] * 2
    assert len(judgement.follows) == (2 if outcome == "emitted" else 0)
    assert judgement.decision.verdicts[0].matched


# ---- loops -------------------------------------------------------------------------------------------------------


def acted(event: Happened, *rules: RuleState) -> list[RuleState]:
    """The rules that an event made act."""
    judgement = judged(event, *rules)
    by_id = {each.id: each for each in rules}
    return [by_id[f.rule_id] for f in judgement.follows]


def after(by: RuleState, cause: Happened, field: str, before: str, now: str) -> Happened:
    """The change that a rule's command on `cause` brought about."""
    causes = (*cause.envelope.causes, str(by.id))
    of: ItemState = cause.item.model_copy(update={field: now, "version": cause.item.version + 1})
    return changed(of, {field: (before, now)}, actor=f"rule:{by.id}", causes=causes)


def test_two_rules_that_undo_each_other_stop() -> None:
    """R12: each acts once, then the breaker says which chain it ended; nothing goes round for ever."""
    up = rule(
        {"do": "set", "field": "priority", "value": "high"},
        trigger="changed",
        name="Up",
        position=1,
        filter={"all": [{"field": "priority", "changed_to": "low"}]},
    )
    down = rule(
        {"do": "set", "field": "priority", "value": "low"},
        trigger="changed",
        name="Down",
        position=2,
        filter={"all": [{"field": "priority", "changed_to": "high"}]},
    )
    event = changed(item(priority="high"), {"priority": ("normal", "high")}, actor=f"agent:{new_id()}")
    steps = []
    while by := acted(event, up, down):
        assert len(by) == 1
        steps.append(by[0].name)
        value = "low" if by[0] is down else "high"
        event = after(by[0], event, "priority", event.item.priority, value)
        assert len(steps) < 10
    assert steps == ["Down", "Up"]
    stopped = judged(event, up, down)
    assert outcomes(stopped) == ["withheld"]
    assert reasons(stopped) == ["it would act on a consequence of its own act (Down, then Up)"]


def test_rule_never_acts_on_its_own_act() -> None:
    """DESIGN §5: a rule on every change sets off no second run of itself."""
    always = rule(TAG, trigger="changed", name="Always")
    assert acted(changed(), always) == [always]
    assert acted(changed(**rule_actor(always)), always) == []


def test_chain_ends_at_depth_five() -> None:
    """R12: six rules that each set off the next: five act, the sixth is told which chain it would have made longer."""
    chain = [
        rule(
            TAG,
            trigger="changed",
            name=f"R{n}",
            position=n,
            filter={"all": [{"field": "status", "changed_to": f"s{n}"}]},
        )
        for n in range(7)
    ]
    event = changed(item(), {"status": ("x", "s0")})
    done = []
    for n in range(7):
        by = acted(event, *chain)
        if not by:
            break
        done.append(by[0].name)
        event = after(by[0], event, "status", f"s{n}", f"s{n + 1}")
    assert len(done) == MAX_CAUSE_DEPTH
    stopped = judged(event, *chain)
    assert [v.matched for v in stopped.decision.verdicts].count(True) == 1
    assert "a chain of rules ends after 5 steps (R0, then R1, then R2, then R3, then R4)" in reasons(stopped)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=5))
def test_any_set_of_rules_comes_to_rest(edges: list[tuple[str, str]]) -> None:
    """R12: whatever rules stand, one change sets off finitely many: no chain is longer than five, none meets itself."""
    rules = [
        rule(
            {"do": "set", "field": "status", "value": to},
            trigger="changed",
            filter={"all": [{"field": "status", "changed_to": at}]},
        )
        for at, to in edges
    ]
    waiting, count = [changed(item(status="a"), {"status": ("x", "a")})], 0
    by_id = {each.id: each for each in rules}
    while waiting:
        event = waiting.pop()
        assert len(event.envelope.causes) <= MAX_CAUSE_DEPTH
        assert len(set(event.envelope.causes)) == len(event.envelope.causes)
        for follows in judged(event, *rules).follows:
            assert isinstance(follows.body, ChangeItem)
            count += 1
            assert count <= 5**5
            to = str(follows.body.set["status"])
            if to == event.item.status:
                continue  # tickets tells of no change where nothing changed
            waiting.append(after(by_id[follows.rule_id], event, "status", event.item.status, to))


@pytest.mark.parametrize("kind", ["auto_reply", "bounce", "receipt"])
def test_machines_word_on_a_conversation_fires_only_who_asks(kind: str) -> None:
    """RELIABILITY, loops: a bounce or vacation note fires no customer rule, except one that asks for them."""
    event = added(message_of={"automatic": kind, "public": False})
    plain = rule(TAG, trigger="message_added", name="Plain")
    asks = rule(TAG, trigger="message_added", name="Asks", filter={"all": [{"field": "automatic", "is": True}]})
    assert acted(event, plain, asks) == [asks]
    assert kind in reasons(judged(event, plain))[0]
    assert acted(added(message_of={"automatic": "list"}), plain) == [plain]
    assert acted(created(message_of={"automatic": kind}), rule(TAG)) != [], (
        "an alarm by a machine is a ticket like others"
    )


# ---- size --------------------------------------------------------------------------------------------------------


def test_very_many_rules_are_counted_not_listed() -> None:
    """R11, R21: a decision over thousands of rules lists those that matched; the others are derivable, and counted."""
    none = [rule(filter={"all": [{"field": "number", "is": n}]}) for n in range(LISTED + 10)]
    hit = rule(TAG, name="Hit")
    decision = judged(created(), *none, hit).decision
    assert [v.rule_name for v in decision.verdicts] == ["Hit"]
    assert decision.unlisted == LISTED + 10
    assert judged(created(), *none[:LISTED]).decision.unlisted == 0


def test_decision_fits_into_a_record() -> None:
    """KAFKA: records stay under 256 KiB, whatever the filters hold; matched rules stay longest."""
    long = {"all": [{"field": "text", "contains_not": f"{n}" + "é" * 500} for n in range(40)]}
    rules = [rule(TAG, filter=long, name=f"r{n}") for n in range(LISTED)]
    decision = judged(created(message_of={"text": "ü" * 500}), *rules).decision
    assert len(decision.model_dump_json().encode()) < DECISION_BYTES + 2_000
    assert len(decision.verdicts) == LISTED
    many = [rule(*[TAG] * 20, name="é" * 100) for _ in range(LISTED)]
    decision = judged(created(), *many).decision
    assert len(decision.model_dump_json().encode()) < DECISION_BYTES + 2_000
    assert decision.verdicts
    assert len(decision.verdicts) + decision.unlisted == LISTED


def test_decision_has_every_rule_of_its_trigger() -> None:
    """R11: for each event and each enabled rule one verdict."""
    rules = [rule(name=f"r{n}", filter={"all": [{"field": "number", "greater": n * 300}]}) for n in range(6)]
    decision = judged(created(), *rules, rule(trigger="held")).decision
    assert [(v.rule_name, v.matched) for v in decision.verdicts] == [(f"r{n}", n * 300 < 1042) for n in range(6)]
    assert {v.rule_id for v in decision.verdicts} == {each.id for each in rules}
    assert isinstance(decision.id, UUID)
