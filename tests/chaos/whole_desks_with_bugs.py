"""Whole desks with a bug each: the checker's teeth; and desks with none, which bear the same mishaps.

A minute each: `make teeth` runs them, `make test` not.
"""

from pathlib import Path

import pytest

from deploy.local.console import Steps
from tests.chaos.teeth import BUGS, MISHAPS, after, bite


@pytest.mark.parametrize("name", tuple(BUGS))
async def test_checker_goes_red_on(name: str, tmp_path: Path) -> None:
    """S25: a desk with this bug in it is not judged clean, and for the reason that the bug gives."""
    steps = Steps()
    verdict = await bite(name, tmp_path, steps)
    found = {check for check, count in verdict.counts.items() if count}
    steps.say(f"{name}: { ({check: count for check, count in verdict.counts.items() if count}) }")
    assert found & BUGS[name].red, f"found {found}\n{verdict.told()}"


@pytest.mark.parametrize("mishap", tuple(MISHAPS))
async def test_checker_stays_clean_after(mishap: str, tmp_path: Path) -> None:
    """S25: without a bug, the mishap that shows one is borne; what is red with the bug is red by the bug."""
    verdict = await after(MISHAPS[mishap], tmp_path, Steps())
    assert verdict.is_clean, verdict.told()
