"""Every named point is in somebody's gap, and every bug and its trial know each other."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.local.home import ROOT
from deploy.local.process import start_server
from deploy.local.replicas import MODULES, Replica
from tests.chaos.bugs.switches import NAMES, replace
from tests.chaos.checker.report import CHECKS
from tests.chaos.desk import Member
from tests.chaos.teeth import BUGS, MISHAPS, at_rest
from tests.chaos.walk import (
    PATIENCE_SECONDS,
    chain,
    named_points,
    plan_walk,
    points_of_a_desk,
    registered_consumers,
)

SERVICES = ("intake", "tickets", "automation", "notifier", "gateway")
REGISTERED = {service: [service] for service in SERVICES}


def test_source_names_points_in_every_gap() -> None:
    """Before and after store and answer at both doors, effect and offset, publish and delete, the dot and its 250."""
    names = named_points()
    families = {name.partition(".")[0] for name in names}
    assert families == {"door", "gateway", "consumer", "relay", "sender"}
    assert {name for name in names if name.startswith("gateway.")} == {
        f"gateway.{gap}" for gap in ("after_store", "before_produce", "after_produce", "before_answer")
    }
    assert len(names) >= 11


def test_plan_has_each_consumers_own_points() -> None:
    """Registered consumers times points: each consumer is killed in each of its gaps, each relay in its own."""
    plan = plan_walk(named_points(), REGISTERED)
    for service in SERVICES:
        own = [point for point in plan[service] if point.startswith(f"consumer.{service}.")]
        assert [point.rpartition(".")[2] for point in own] == ["after_commit", "after_offsets", "before_commit"]
        assert {"relay.after_answer", "relay.after_delete"} <= set(plan[service])
    assert len([point for point in plan["intake"] if point.startswith("door.")]) == 5
    assert len([point for point in plan["notifier"] if point.startswith("sender.")]) == 3


async def test_plan_has_every_registered_consumer() -> None:
    """Consumers that services register times the points of a consumer are those that are walked, no more, no fewer."""
    points = [name for name in named_points() if name.startswith("consumer.")]
    registered = await registered_consumers()
    walked = plan_walk(named_points(), registered)
    assert {service: sum(point.startswith("consumer.") for point in walked[service]) for service in MODULES} == {
        service: len(names) * len(points) for service, names in registered.items()
    }
    assert {name for names in registered.values() for name in names} == set(SERVICES)


def test_plan_misses_what_no_service_registers() -> None:
    """A consumer that is wired no more is missing in the plan, which then has fewer points than a desk has."""
    fewer = plan_walk(named_points(), {**REGISTERED, "notifier": []})
    whole = plan_walk(named_points(), REGISTERED)
    expected = points_of_a_desk(named_points())
    assert sum(map(len, whole.values())) == expected
    assert sum(map(len, fewer.values())) < expected


@dataclass
class Mortal(Member):
    """A process that ends at each point as it is told there; unarmed it ends at once."""

    ends: dict[str, str] = field(default_factory=dict)

    def start(self, **more: str) -> None:
        armed = more.get("CRASH_AT", "").partition(":")[0]
        program = f"import os, time; {self.ends.get(armed, 'pass')}"
        self.server = start_server(self.label, [sys.executable, "-c", program], self.log_file)


@pytest.mark.parametrize("wrong", ["pass", "os.abort()", "time.sleep(1000)"])
async def test_passage_counts_only_where_its_process_was_killed(wrong: str, tmp_path: Path) -> None:
    """A process that ends by itself, or not at all, has not walked its point; what is behind it is missing too."""
    killed = "os.kill(os.getpid(), 9)"
    member = Mortal(Replica("tickets", 1), {}, tmp_path / "log", "", {}, ends={"a": killed, "b": wrong, "c": killed})
    said: list[str] = []
    noted: list[str] = []

    def died(label: str, _at: float) -> None:
        noted.append(label)

    patience = 1.0 if wrong.startswith("time") else PATIENCE_SECONDS
    walked = await chain(member, ["a", "b", "c"], [1], said.append, died, patience_seconds=patience)
    assert walked == [("tickets", "a", 1)]
    assert noted == ["tickets-1"]
    assert [each.partition(":1:")[0] for each in said] == ["tickets-1 at a", "tickets-1 at b"]
    assert await member.gone()
    member.ends["b"] = killed
    assert len(await chain(member, ["a", "b", "c"], [1, 2], said.append, died)) == 6
    assert await member.gone()


def test_point_in_nobodys_gap_is_told() -> None:
    """A new kind of point cannot be passed over in silence."""
    with pytest.raises(ValueError, match=r"webhook\.before_post"):
        plan_walk({"webhook.before_post"}, REGISTERED)
    with pytest.raises(KeyError):
        plan_walk({"consumer.{name}.before_commit"}, {"reports": ["reports"]})


def test_each_bug_has_a_trial_that_must_be_red() -> None:
    """At least eight bugs; what each must make red is a check that exists."""
    assert set(BUGS) == set(NAMES)
    assert len(NAMES) >= 8
    assert all(bug.red and bug.red <= set(CHECKS) for bug in BUGS.values())


def test_each_mishap_has_a_bug_and_is_a_control() -> None:
    """Every bug's mishap has a name, by which it also happens to a desk without the bug; none is there for nothing."""
    assert {bug.mishap for bug in BUGS.values()} == set(MISHAPS)


@pytest.mark.parametrize(
    ("looks", "left"),
    [
        ([[]], []),
        ([["lag: 9"], ["lag: 2"], []], []),
        ([["lag: 9"], ["outbox: 1"], ["outbox: 1"]], ["outbox: 1"]),
    ],
)
async def test_desk_is_judged_once_nothing_moves(looks: list[list[str]], left: list[str]) -> None:
    """A slow desk is waited for; one that stands still is judged by what is left."""
    coming = iter(looks)

    async def calm() -> list[str]:
        return next(coming)

    assert await at_rest(calm) == left
    assert list(coming) == []


def test_each_bug_finds_what_it_spoils() -> None:
    """All of them can be put into one process, which is thrown away."""
    program = "from tests.chaos.bugs.switches import NAMES, switch_on\nfor name in NAMES: switch_on(name)"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert told.returncode == 0, told.stderr


def test_bug_that_finds_nothing_to_spoil_says_so() -> None:
    """Where the code under test has changed its names, the bug does not pass for a tooth."""
    with pytest.raises(AttributeError):
        replace("shared.postgres.inbox:no_such_name", lambda old: old)
