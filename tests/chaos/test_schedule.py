"""Faults are drawn from a seed, of every kind often enough; recovery is read off the evidence."""

import math
from dataclasses import replace

from rich.console import Console

from tests.chaos.checker.recovery import (
    NORMAL_SECONDS,
    check_recovery,
    normal_at,
    over_limit,
    recovery_seconds,
    works,
)
from tests.chaos.checker.report import Faults, Verdict, show
from tests.chaos.checker.seen import Evidence, Fault
from tests.chaos.history import Input, Kind, Outcome, Try
from tests.chaos.schedule import KINDS, SERVICES, in_proportion, of_each, plan_faults, rounds_of, spread_faults
from tests.chaos.sinks import SunkMail


def test_same_seed_is_the_same_plan() -> None:
    """A run can be repeated by its seed."""
    assert plan_faults(7, 600, 60) == plan_faults(7, 600, 60)
    assert plan_faults(7, 600, 60) != plan_faults(8, 600, 60)


def test_ten_minutes_hold_every_kind_and_three_kills_of_each_service() -> None:
    """S1: at least 60 faults of all kinds; each service is killed three times, servers once at least."""
    kinds = [each.kind for each in plan_faults(1, 600, 60)]
    assert len(kinds) >= 60
    assert set(kinds) == set(KINDS)
    assert all(kinds.count(f"kill-{service}") >= 3 for service in SERVICES)
    assert all(kinds.count(f"kill-{server}") >= 1 for server in ("broker", "postmaster", "backend"))


def test_faults_are_healed_while_the_load_goes_on() -> None:
    """Each fault begins when there is load and ends before the load does."""
    for each in plan_faults(3, 90, 14):
        assert each.at >= 6
        assert each.at + each.seconds <= 90 - 8 + 0.01


def test_short_run_has_as_many_as_asked() -> None:
    """A run too short for the least of each kind still has its count, of different kinds."""
    planned = plan_faults(5, 90, 12)
    assert len(planned) == 12
    assert len({each.kind for each in planned}) == 12
    assert in_proportion(300)["kill-intake"] == 1


def test_soak_has_twenty_of_each() -> None:
    """S7: twenty of each kind in three hours, each once at least in a short one."""
    for hours, count in ((3, 20), (5, 20), (1.5, 10), (0.05, 1)):
        kinds = [each.kind for each in plan_faults(2, hours * 3600, 0, of_each(hours * 3600))]
        assert all(kinds.count(kind) == count for kind in KINDS)


def test_spread_has_each_kind_once_a_round() -> None:
    """Kept apart, each kind's recovery can be timed."""
    assert sorted(each.kind for each in spread_faults(4)) == sorted(KINDS)


def test_normal_is_when_all_that_was_begun_is_over() -> None:
    """The backlog counts, and something new must have come through."""
    work = sorted([(0.0, 1.0), (10.0, 30.0), (20.0, 21.0), (26.0, 27.0), (31.0, 31.5)])
    assert normal_at(work, 25.0) == 31.5, "at 27 the mail of 10 still waits"
    assert normal_at(work, 5.0) == 30.0
    assert normal_at([(0.0, 1.0)], 5.0) is None, "nothing came through after"


def given(op: str, kind: Kind, begun: float, ended: float, sender: str = "") -> Input:
    tried = Try(begun, ended, Outcome.OK, 250, "", "door")
    return Input(op, kind, {"sender": sender}, [tried])


def evidence() -> Evidence:
    inputs = {
        "a": given("a", Kind.MAIL, 12.0, 12.1, "a@x"),
        "b": given("b", Kind.NOTE, 13.0, 13.1),
        "c": given("c", Kind.MAIL, 40.0, 40.1, "c@x"),
    }
    mails = [SunkMail(18.0, "", ("a@x",), b"", "250"), SunkMail(41.0, "", ("c@x",), b"", "250")]
    faults = [Fault("kill-tickets", "tickets-1", 8.0, 11.0), Fault("sink-451", "sink", 30.0, 39.0)]
    return Evidence(inputs=inputs, mails=mails, faults=faults)


def test_recovery_of_each_kind_by_clients_and_sink() -> None:
    """A mail is over when it is acknowledged, anything else when it is answered."""
    assert works(evidence()) == [(12.0, 18.0), (13.0, 13.1), (40.0, 41.0)]
    assert recovery_seconds(evidence(), spread=False) == {"kill-tickets": 7.0, "sink-451": 2.0}
    found = evidence()
    found.faults = [replace(fault, had_effect=False) for fault in found.faults]
    assert recovery_seconds(found, spread=True) == {}, "nothing to recover from"


def test_recovery_among_other_faults_does_not_count() -> None:
    """Where another fault was going on, nobody knows whose recovery it was, unless faults were kept apart."""
    found = evidence()
    found.faults = [*found.faults, Fault("poison", "tickets-commands", 10.5, 12.0)]
    assert recovery_seconds(found, spread=False) == {"kill-tickets": None, "poison": None, "sink-451": 2.0}
    assert recovery_seconds(found, spread=True)["kill-tickets"] == 7.0


def test_fault_that_does_not_heal_is_found() -> None:
    """S8: it does not vanish among those that did, wherever nothing came through after it, or too late."""
    assert list(check_recovery(evidence())) == []
    found = evidence()
    found.faults = [*found.faults, Fault("kill-tickets", "tickets-2", 50.0, 52.0)]
    assert [(f.check, f.subject) for f in check_recovery(found)] == [("recovery_faults", "kill-tickets on tickets-2")]
    assert recovery_seconds(found, spread=True) == {"kill-tickets": None, "sink-451": 2.0}
    late = 52.0 + NORMAL_SECONDS
    found.inputs = {**found.inputs, "d": given("d", Kind.NOTE, late + 1.0, late + 1.1)}
    assert len(list(check_recovery(found))) == 1
    found.inputs = {**found.inputs, "d": given("d", Kind.NOTE, 60.0, late - 1.0)}
    assert list(check_recovery(found)) == []


def test_kind_over_its_limit_is_told() -> None:
    """S8: 30 seconds, 60 for what starts a server again; which kinds took longer is told, of none that nobody timed."""
    took: dict[str, float | None] = {"kill-tickets": 30.5, "kill-broker": 59.0, "kill-postmaster": 61.0, "poison": None}
    assert over_limit(took) == {"kill-tickets": 30.5, "kill-postmaster": 61.0}
    console = Console(record=True, width=120)
    show(Verdict([]), took, Faults(dict.fromkeys(took, 1), {}, {}), console)
    shown = {cells[0]: cells[3:] for line in console.export_text().splitlines() if (cells := line.split())}
    assert shown["kill-tickets"] == ["30.5", "over", "30"]
    assert shown["kill-broker"] == ["59.0", "60"]
    assert shown["poison"] == ["-", "30"]


def test_nothing_is_normal_while_an_input_waits() -> None:
    """While the run goes on, an input without its end counts; one that will have none does not."""
    seen = evidence()
    refused = Try(42.0, 42.1, Outcome.FAIL, 409, "", "door")
    unheard = replace(refused, outcome=Outcome.UNKNOWN)
    seen.inputs = {
        **seen.inputs,
        "refused": Input("refused", Kind.CHANGE, {}, [unheard, refused]),
        "gone": given("gone", Kind.MAIL, 43.0, 43.1, "gone-1@x"),
    }
    assert works(seen, so_far=True) == works(seen)
    waiting = {
        "asked": Input("asked", Kind.NOTE, {}, [], given_at=39.5),
        "again": Input("again", Kind.NOTE, {}, [replace(unheard, begun_at=39.5)]),
        "unacknowledged": given("unacknowledged", Kind.MAIL, 39.5, 39.6, "d@x"),
    }
    for name, each in waiting.items():
        more = replace(seen, inputs={**seen.inputs, name: each})
        assert (39.5, math.inf) in works(more, so_far=True), name
        assert normal_at(works(more, so_far=True), 39.0) is None, name
        assert normal_at(works(more), 39.0) == 41.0, "no more comes: it is for other checks"


def test_faults_are_rounded_to_whole_rounds_of_all_kinds() -> None:
    """A spread run has every kind once a round, and once at least."""
    kinds = len(KINDS)
    assert [rounds_of(faults) for faults in (0, 8, kinds, kinds + 2, 2 * kinds + 4, 5 * kinds)] == [1, 1, 1, 1, 2, 5]
    assert len(spread_faults(1, rounds_of(2 * kinds))) == 2 * kinds
