"""Two whole desks: one under ninety seconds of faults, one that is killed at every crash point.

Longer runs, and later passages of each point, are for `make chaos`; `CHAOS_SEED` gives other inputs and other faults.
"""

import os
from pathlib import Path

import pytest

from deploy.local.console import Steps
from tests.chaos.checker.report import faults_of
from tests.chaos.run import Run, run
from tests.chaos.schedule import KINDS
from tests.chaos.walk import Walk, named_points, points_of_a_desk, walk_a_desk

SECONDS, RATE, FAULTS = 90.0, 6.0, 14
SEED = int(os.environ.get("CHAOS_SEED") or 90)
#: At which passages of a point its process dies.
TIMES = range(1, int(os.environ.get("TIMES") or 1) + 1)


async def test_ninety_seconds_under_faults_lose_and_double_nothing(tmp_path: Path) -> None:
    """S1 to S6: mixed load, overlapping faults; then nothing is lost, doubled, out of order, or told to others."""
    asked = Run(tmp_path, SECONDS, seed=SEED, rate=RATE, faults=FAULTS, least=dict.fromkeys(KINDS, 0))
    verdict, evidence = await run(asked, Steps())
    assert verdict.is_clean, verdict.told()
    assert len(evidence.faults) == FAULTS
    assert sum(faults_of(evidence).counted.values()) > FAULTS / 2, "most faults met something"
    assert verdict.facts["accepted"] > 100


@pytest.mark.timeout(300 + 600 * len(TIMES))
async def test_every_crash_point(tmp_path: Path) -> None:
    """S7: each service dies in each of its gaps and goes on; registered consumers times points are those walked."""
    walked = await walk_a_desk(Walk(tmp_path, seed=SEED, rate=RATE, times=TIMES), Steps())
    assert len(walked.planned) == points_of_a_desk(named_points()) * len(TIMES)
    assert walked.passed == walked.planned
    assert walked.verdict.is_clean, walked.verdict.told()
