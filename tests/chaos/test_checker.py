"""The checker finds nothing where nothing is wrong, and each thing that is spoilt, by its name."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.chaos.checker.report import CHECKS, add, faults_of, judge, show, write
from tests.chaos.checker.seen import Action, Answered, DeadLetter, DecisionRow, Evidence, Fault
from tests.chaos.checker.stand_in import (
    AGENT,
    ANA,
    ITEM,
    NOTE,
    RENAME,
    REPLY,
    RUI,
    delivery,
    evidence,
    fact,
    given,
    mail,
    row,
    said,
)
from tests.chaos.history import Kind, Outcome

ROOT = Path(__file__).parents[2]
OTHER = "mk00000000m2"


def found(spoilt: Evidence) -> dict[str, int]:
    return {check: count for check, count in judge(spoilt).counts.items() if count}


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """A run as it should be has a clean verdict, and its figures."""
    verdict = judge(evidence())
    assert verdict.findings == []
    assert verdict.facts["accepted"] == 5
    assert verdict.facts["mails"] == 5
    assert verdict.facts["pages_read"] == 1


def lost(e: Evidence) -> None:
    e.tables.messages = [r for r in e.tables.messages if r.marker != REPLY]


def lost_change(e: Evidence) -> None:
    e.tables.changes = [replace(change, title=None) for change in e.tables.changes]


def doubled(e: Evidence) -> None:
    e.tables.messages = [*e.tables.messages, row(AGENT, "staff", id="another")]


def invented(e: Evidence) -> None:
    e.tables.messages = [*e.tables.messages, row("mk99999999x9", "customer")]


def refused_and_there(e: Evidence) -> None:
    e.inputs = {**e.inputs, NOTE: given(NOTE, Kind.NOTE, 4.0, Outcome.FAIL, text=f"Text {NOTE}")}


def altered_mail(e: Evidence) -> None:
    e.blobs = {"blob-1": "00" * 32}


def altered_file(e: Evidence) -> None:
    e.inputs[AGENT].facts["files"] = ["ff"]
    e.blobs = {**e.blobs, "file-1": "00"}
    e.tables.messages = [replace(r, blobs=(("file-1", "00"),)) if r.marker == AGENT else r for r in e.tables.messages]


def file_left_out(e: Evidence) -> None:
    e.inputs[AGENT].facts["files"] = ["ff"]


def altered_text(e: Evidence) -> None:
    e.tables.messages = [replace(r, text="cropped") if r.marker == AGENT else r for r in e.tables.messages]


def misplaced(e: Evidence) -> None:
    e.tables.messages = [replace(r, item="item-2") if r.marker == REPLY else r for r in e.tables.messages]


def held(e: Evidence) -> None:
    e.tables.messages = [replace(r, held=True) if r.marker == REPLY else r for r in e.tables.messages]


def forgotten_receipt(e: Evidence) -> None:
    e.tables.receipts = {"r-2": "duplicate"}


def missing_blob(e: Evidence) -> None:
    e.tables.messages = [replace(r, blobs=(("file-1", "ff"),)) if r.marker == NOTE else r for r in e.tables.messages]


def unheard(e: Evidence) -> None:
    e.mails = [m for m in e.mails if m.recipients != (RUI.address,) or b"m-3" not in m.raw]


def unheard_and_unqueued(e: Evidence) -> None:
    unheard(e)
    e.tables.deliveries = [d for d in e.tables.deliveries if (d.cause, d.person) != ("event-3", RUI.id)]


def told_to_a_stranger(e: Evidence) -> None:
    e.mails = [*e.mails, mail("eve@else.example", "m-3", f"We look at it, {AGENT}", 3.7)]


def told_to_its_author(e: Evidence) -> None:
    e.mails = [*e.mails, mail(ANA.address, "m-2", f"Ana wrote: {REPLY}", 2.6)]
    e.tables.deliveries = [*e.tables.deliveries, delivery("event-2", ANA, "m-2")]


def twice(e: Evidence) -> None:
    e.mails = [*e.mails, mail(ANA.address, "m-3", f"We look at it, {AGENT}", 5.5)]


def two_names(e: Evidence) -> None:
    e.mails = [*e.mails, mail(ANA.address, "m-3b", f"We look at it, {AGENT}", 3.9)]
    e.tables.deliveries = [*e.tables.deliveries, delivery("event-3", ANA, "m-3b")]


def gap_in_database(e: Evidence) -> None:
    e.tables.changes = [change for change in e.tables.changes if change.version != 3]


def gap_on_topic(e: Evidence) -> None:
    e.topics.facts = [f for f in e.topics.facts if f.version != 4]


def out_of_order(e: Evidence) -> None:
    facts = list(e.topics.facts)
    e.topics.facts = [facts[0], facts[2], facts[1], *facts[3:]]


def feed_out_of_order(e: Evidence) -> None:
    e.tables.feed = [(ITEM, 1), (ITEM, 2), (ITEM, 3), (ITEM, 2), (ITEM, 4), (ITEM, 5)]


def gap_in_feed(e: Evidence) -> None:
    e.tables.feed = [(ITEM, version) for version in (1, 2, 4, 5)]


def feed_without_its_end(e: Evidence) -> None:
    e.tables.feed = [(ITEM, version) for version in range(1, 5)]


def no_feed(e: Evidence) -> None:
    e.tables.feed = []


def two_answers(e: Evidence) -> None:
    again = replace(e.topics.facts[-1], id="event-7", answered=Answered("c-1", "refused", "exists", b"other"))
    e.topics.facts = [*e.topics.facts, again]


def judged_twice(e: Evidence) -> None:
    e.tables.decisions = [
        *e.tables.decisions,
        DecisionRow("event-1", "created", (Action("r", "mail", "emitted", "e-2"),)),
    ]


def never_judged(e: Evidence) -> None:
    e.tables.decisions = []


def assigned_wrongly(e: Evidence) -> None:
    e.tables.changes = [
        replace(change, actor="rule:hardware", assignee=True) if change.version == 5 else change
        for change in e.tables.changes
    ]


def unanswered_effect(e: Evidence) -> None:
    assign = Action("rule-hw", "assign", "emitted", "effect-2")
    e.tables.decisions = [replace(e.tables.decisions[0], actions=(*e.tables.decisions[0].actions, assign))]


def dead(e: Evidence) -> None:
    e.topics.dead = [DeadLetter("tickets-commands.tickets.dead", b"{}", "tickets-commands[0]@1")]


def vanished_poison(e: Evidence) -> None:
    e.poison = {b"\x00poison 1": frozenset({"tickets-commands.tickets.dead"})}


def row_ahead_of_events(e: Evidence) -> None:
    e.tables.owners = {"tickets": {f"item:{ITEM}": (6, b"newer")}}


def row_without_snapshot(e: Evidence) -> None:
    e.topics.states = {"tickets": {}}
    e.tables.read_model = {}


def setup_that_readers_never_got(e: Evidence) -> None:
    e.tables.setup = {"team:hardware": (2, b"newer")}
    e.topics.setup = {"team:hardware": (1, b"older")}


def setup_that_is_on_no_topic(e: Evidence) -> None:
    e.tables.setup = {"team:hardware": (1, b"same")}


def setup_that_a_reader_never_kept(e: Evidence) -> None:
    e.tables.setup = {"team:hardware": (2, b"newer"), "form:request": (1, b"same")}
    e.topics.setup = dict(e.tables.setup)
    e.tables.copies = {"automation": {"team:hardware": (1, b"older")}, "intake": {"form:request": (1, b"same")}}


def stale_read_model(e: Evidence) -> None:
    e.tables.read_model = {f"item:{ITEM}": (4, b"older")}


def waiting_outbox(e: Evidence) -> None:
    e.tables.left = {"tickets outbox": 3, "intake outbox": 0}


def waiting_records(e: Evidence) -> None:
    e.topics.lag = {"tickets": 2}


@pytest.mark.parametrize(
    ("spoil", "checks"),
    [
        (lost, {"lost"}),
        (lost_change, {"lost"}),
        (doubled, {"doubled"}),
        (invented, {"invented"}),
        (refused_and_there, {"invented"}),
        (altered_mail, {"altered"}),
        (altered_text, {"altered"}),
        (altered_file, {"altered"}),
        (file_left_out, {"altered"}),
        (misplaced, {"misplaced"}),
        (held, {"misplaced"}),
        (forgotten_receipt, {"ledger"}),
        (missing_blob, {"blobs"}),
        (unheard, {"notifications_missing"}),
        (unheard_and_unqueued, {"notifications_missing"}),
        (told_to_a_stranger, {"notifications_uninvolved"}),
        (told_to_its_author, {"notifications_uninvolved"}),
        (twice, {"notifications_doubled_unexplained"}),
        (two_names, {"two_message_ids"}),
        (gap_in_database, {"order_faults"}),
        (gap_on_topic, {"order_faults"}),
        (out_of_order, {"order_faults"}),
        (feed_out_of_order, {"order_faults"}),
        (gap_in_feed, {"order_faults"}),
        (feed_without_its_end, {"order_faults"}),
        (no_feed, {"order_faults"}),
        (two_answers, {"answer_faults"}),
        (judged_twice, {"rule_effect_faults"}),
        (never_judged, {"rule_effect_faults", "notifications_uninvolved"}),
        (assigned_wrongly, {"rule_effect_faults"}),
        (unanswered_effect, {"rule_effect_faults"}),
        (dead, {"dead_letter_faults"}),
        (vanished_poison, {"dead_letter_faults"}),
        (row_ahead_of_events, {"fold_differences"}),
        (row_without_snapshot, {"fold_differences"}),
        (setup_that_readers_never_got, {"fold_differences"}),
        (setup_that_is_on_no_topic, {"fold_differences"}),
        (setup_that_a_reader_never_kept, {"fold_differences"}),
        (stale_read_model, {"read_model_differences"}),
        (waiting_outbox, {"leftovers"}),
        (waiting_records, {"leftovers"}),
    ],
)
def test_each_thing_that_is_spoilt_is_found_by_its_name(spoil: Callable[[Evidence], None], checks: set[str]) -> None:
    """One thing wrong makes just its own check red, and with it those that must see it too."""
    spoilt = evidence()
    spoil(spoilt)
    assert set(found(spoilt)) == checks


def test_repeats_on_the_log_are_no_fault() -> None:
    """A relay may say things again; only what is new must be in order."""
    spoilt = evidence()
    spoilt.topics.facts = [*spoilt.topics.facts, replace(spoilt.topics.facts[1], offset=40)]
    assert found(spoilt) == {}


def test_unanswered_input_may_be_there_or_not() -> None:
    """Who does not know may have been heard: at most once."""
    spoilt = evidence()
    spoilt.inputs = {**spoilt.inputs, RENAME: given(RENAME, Kind.CHANGE, 5.0, Outcome.UNKNOWN)}
    assert found(spoilt) == {}
    lost_change(spoilt)
    assert found(spoilt) == {}


def test_no_after_no_answer_is_told_apart_from_no_answer() -> None:
    """Both are unknown: of one its client has heard, the other it gave up."""
    seen = evidence()
    late, never = given("mk00000000c2", Kind.CHANGE, 6.0, Outcome.UNKNOWN), given(OTHER, Kind.CHANGE, 7.0)
    late.tries.append(replace(late.tries[0], outcome=Outcome.FAIL, code=409))
    never.tries[:] = [replace(never.tries[0], outcome=Outcome.UNKNOWN)] * 2
    refused = given("mk00000000c3", Kind.CHANGE, 8.0, Outcome.FAIL)
    seen.inputs = {**seen.inputs, **{each.op: each for each in (late, never, refused)}}
    verdict = judge(seen)
    assert verdict.is_clean
    figures = {"accepted": 5, "refused": 1, "refused_after_no_answer": 1, "still_waiting": 1}
    assert figures.items() <= verdict.facts.items()


def test_recipient_that_is_gone_need_not_hear() -> None:
    """A delivery refused for good has failed, and is no missing notification."""
    spoilt = evidence()
    gone = replace(RUI, address="gone-rui@kunde.example")
    spoilt.topics.facts = [replace(f, involved=(ANA, gone)) if f.item else f for f in spoilt.topics.facts]
    spoilt.tables.deliveries = [
        replace(d, address=gone.address, status="failed") if d.person == RUI.id else d for d in spoilt.tables.deliveries
    ]
    spoilt.mails = [m for m in spoilt.mails if m.recipients != (RUI.address,)]
    assert found(spoilt) == {}


def test_assignee_may_hear_of_a_mail_that_was_refused_for_good() -> None:
    """A failure is told to staff on its item; where nothing failed, or to a customer, it is nobody's mail."""
    tomas = replace(RUI, id="p-tomas", address="tomas@desk.example", staff=True)
    spoilt = evidence()
    spoilt.mails = [*spoilt.mails, mail(tomas.address, "f-1", "It was refused", 4.0)]
    spoilt.tables.deliveries = [*spoilt.tables.deliveries, delivery("failure-1", tomas, "f-1", "failure")]
    assert found(spoilt) == {"notifications_uninvolved": 1}
    gone = replace(delivery("event-0", RUI, "m-0"), status="failed")
    spoilt.tables.deliveries = [*spoilt.tables.deliveries, gone]
    assert found(spoilt) == {}


def test_staff_hear_of_customers_and_of_being_assigned() -> None:
    """An assignee who hears nothing of a customer's answer, or of being assigned, is missing."""
    tomas = replace(RUI, id="p-tomas", address="tomas@desk.example", staff=True)
    spoilt = evidence()
    more = fact(6, "message.added", said("mk00000000r2", "customer", ANA.id), assignee=tomas)
    assigned = fact(7, "item.changed", assignee=tomas, reassigned=True, actor="rule:hardware")
    own = fact(8, "item.changed", assignee=tomas, reassigned=True, actor="agent:p-tomas")
    spoilt.topics.facts = [*spoilt.topics.facts, more, assigned, own]
    missing = [f for f in judge(spoilt).findings if f.check == "notifications_missing"]
    assert sorted(f.detail.split(" to ")[0] for f in missing) == ["assignment", "customer_message", "message"]


def test_verdict_is_printed_and_written(tmp_path: Path) -> None:
    """One table, one file with the figures by name, the seed, and the first findings."""
    spoilt = evidence()
    lost(spoilt)
    verdict, console = judge(spoilt), Console(record=True, width=120)
    show(verdict, {"kill-tickets": 3.5}, faults_of(spoilt), console)
    assert "accepted inputs that are nowhere" in console.export_text()
    path = tmp_path / "chaos.json"
    write(path, verdict, seed=7, faults={"kill-tickets": 1}, recovery_seconds={"kill-tickets": 3.5})
    told = json.loads(path.read_text())
    assert {"accepted": 5, "lost": 1, "doubled": 0, "seed": 7}.items() <= told.items()
    assert told["recovery_seconds"] == {"kill-tickets": 3.5}
    assert set(CHECKS) <= told.keys()
    assert told["findings"][0].startswith(f"lost {REPLY}")
    assert f"lost {REPLY}" in verdict.told()
    add(path, crash_points={"walked": 62, "faults": 0})
    assert json.loads(path.read_text()) == {**told, "crash_points": {"walked": 62, "faults": 0}}


def test_fault_that_found_nothing_is_told_apart() -> None:
    """It is no fault survived; one of which nobody can know is counted, and told."""
    spoilt = evidence()
    met = {"kill-backend": (True, False, False), "link-refuse": (None, True), "link-swallow": (False,)}
    spoilt.faults = [Fault(kind, "", 1.0, 2.0, effect) for kind, effects in met.items() for effect in effects]
    found = faults_of(spoilt)
    assert found.counted == {"kill-backend": 1, "link-refuse": 2}
    assert found.without_effect == {"kill-backend": 2, "link-swallow": 1}
    assert found.unseen == {"link-refuse": 1}
    console = Console(record=True, width=120)
    show(judge(spoilt), {}, found, console)
    shown = {cells[0]: cells[1:3] for line in console.export_text().splitlines() if (cells := line.split())}
    assert shown["kill-backend"] == ["1", "2"]
    assert shown["link-swallow"] == ["0", "1"]


def test_checker_knows_nothing_of_the_code_under_test() -> None:
    """It believes evidence only: neither it nor what it stands on loads a service, or what services share."""
    names = [f"tests.chaos.checker.{path.stem}" for path in (ROOT / "tests/chaos/checker").glob("*.py")]
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", program, *names], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    loaded = told.stdout.split()
    assert "tests.chaos.checker.report" in loaded
    assert [name for name in loaded if name.partition(".")[0] in {"services", "shared", "deploy"}] == []
