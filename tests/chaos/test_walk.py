"""Every named point is in somebody's gap, and every bug and its trial know each other."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from deploy.local.home import ROOT
from deploy.local.replicas import MODULES
from shared.messaging.host import Host
from tests.chaos.bugs.switches import NAMES, replace
from tests.chaos.checker.report import CHECKS
from tests.chaos.teeth import BUGS
from tests.chaos.walk import named_points, plan_walk

SERVICES = ("intake", "tickets", "automation", "notifier", "gateway")


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
    plan = plan_walk(named_points(), SERVICES)
    for service in SERVICES:
        own = [point for point in plan[service] if point.startswith(f"consumer.{service}.")]
        assert [point.rpartition(".")[2] for point in own] == ["after_commit", "after_offsets", "before_commit"]
        assert {"relay.after_answer", "relay.after_delete"} <= set(plan[service])
    assert len([point for point in plan["intake"] if point.startswith("door.")]) == 4
    assert len([point for point in plan["notifier"] if point.startswith("sender.")]) == 3


async def test_plan_has_every_registered_consumer(tmp_path: Path) -> None:
    """Consumers that services register times the points of a consumer are those that are walked, no more, no fewer."""
    points = [name for name in named_points() if name.startswith("consumer.")]
    walked = plan_walk(named_points(), SERVICES)
    registered = {service: await built(service, tmp_path) for service in MODULES}
    assert {service: sum(point.startswith("consumer.") for point in walked[service]) for service in registered} == {
        service: len(host.specs) * len(points) for service, host in registered.items()
    }
    assert {spec.name for host in registered.values() for spec in host.specs} == set(SERVICES)


async def built(service: str, folder: Path) -> Host:
    """A service put together, not started; its servers need not be there."""
    module = MODULES[service]
    kinds = vars(import_module(f"{module}.settings")).values()
    kind = next(k for k in kinds if isinstance(k, type) and k.__module__ == f"{module}.settings")
    secret = folder / "secret"
    secret.write_text("ab" * 32)
    settings = kind(
        kafka_bootstrap_servers="127.0.0.1:1",
        database_url="postgresql://nobody:nothing@127.0.0.1:1/none",
        blob_url=folder.as_uri(),
        public_url="http://127.0.0.1",
        secret_file=secret,
        mail_domain="desk.example",
        tickets_admin_address="admin@desk.example",
        smtp_url="smtp://127.0.0.1:1",
        health_port=0,
        replica=f"{service}-1",
    )
    host: Host = await import_module(f"{module}.app").build(settings)
    return host


def test_point_in_nobodys_gap_is_told() -> None:
    """A new kind of point cannot be passed over in silence."""
    with pytest.raises(ValueError, match=r"webhook\.before_post"):
        plan_walk({"webhook.before_post"}, SERVICES)
    with pytest.raises(KeyError):
        plan_walk({"consumer.{name}.before_commit"}, ["reports"])


def test_each_bug_has_a_trial_that_must_be_red() -> None:
    """At least eight bugs; what each must make red is a check that exists."""
    assert set(BUGS) == set(NAMES)
    assert len(NAMES) >= 8
    assert all(bug.red and bug.red <= set(CHECKS) for bug in BUGS.values())


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
