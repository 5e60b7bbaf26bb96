"""Whole desks under faults: a short run, every crash point, the checker's teeth.

Minutes each, so `make test` leaves them out: `make walk`, `make teeth`, and `make chaos` for a long run.
"""

import os
from pathlib import Path

import pytest

from deploy.local.console import Steps
from tests.chaos.checker.report import Verdict
from tests.chaos.checker.topics import lag_of
from tests.chaos.run import Run, run
from tests.chaos.schedule import KINDS
from tests.chaos.session import session
from tests.chaos.teeth import BUGS, ONE_OF_EACH, bite
from tests.chaos.walk import named_points, plan_walk, walk

SECONDS, RATE, FAULTS = 90.0, 6.0, 14
#: The shortest that the broker allows: each consumer that dies is missed for so long.
FAST_FAIL_OVER = {"KAFKA_SESSION_TIMEOUT_MS": "6000"}
#: At which passage of a point its process dies.
TIMES = range(1, int(os.environ.get("TIMES") or 1) + 1)


def told(verdict: Verdict) -> str:
    return "\n".join(f"{each.check} {each.subject}: {each.detail}" for each in verdict.findings[:40])


@pytest.mark.timeout(900)
async def test_ninety_seconds_under_faults_lose_and_double_nothing(tmp_path: Path) -> None:
    """S1 to S6: mixed load, overlapping faults; then nothing is lost, doubled, out of order, or told to others."""
    asked = Run(tmp_path, SECONDS, seed=90, rate=RATE, faults=FAULTS, least=dict.fromkeys(KINDS, 0))
    verdict, evidence = await run(asked, Steps())
    assert verdict.is_clean, told(verdict)
    assert len(evidence.faults) >= FAULTS
    assert verdict.facts["accepted"] > 100


@pytest.mark.timeout(900)
async def test_every_crash_point(tmp_path: Path) -> None:
    """S7: each service dies in each of its gaps and goes on; registered consumers times points are those walked."""
    async with session(tmp_path, Steps(), seed=11, rate=RATE, replicas=ONE_OF_EACH, **FAST_FAIL_OVER) as now:
        registered = set(await lag_of(now.desk.bootstrap))
        plan = plan_walk(named_points(), sorted(registered))
        walked = await now.under_load(walk(now, plan, TIMES))
        left = await now.calm()
        verdict, _ = await now.verdict()
    assert walked == {(service, point, nth) for service in plan for point in plan[service] for nth in TIMES}
    assert left == []
    assert verdict.is_clean, told(verdict)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", tuple(BUGS))
async def test_checker_goes_red_on(name: str, tmp_path: Path) -> None:
    """S25: a desk with this bug in it is not judged clean, and for the reason that the bug gives."""
    verdict = await bite(name, tmp_path, Steps())
    found = {check for check, count in verdict.counts.items() if count}
    assert found & BUGS[name].red, f"found {found}\n{told(verdict)}"
