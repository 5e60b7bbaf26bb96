"""The whole run: load and faults, quiet, verdict; a cold restart, quiet, verdict again."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.console import Steps
from tests.chaos.checker.gather import HISTORY, MAILS
from tests.chaos.checker.recovery import NORMAL_SECONDS, check_recovery, normal_at, works
from tests.chaos.checker.report import Verdict
from tests.chaos.checker.seen import Evidence, Finding
from tests.chaos.history import read_history
from tests.chaos.schedule import Planned, plan_faults, rounds_of, spread_faults
from tests.chaos.session import Session, session
from tests.chaos.sinks import read_mails

WARM_SECONDS = 8.0
#: A fault's neighbour begins so long after all was normal again.
APART_SECONDS = 2.0


@dataclass(frozen=True)
class Run:
    """What is asked of a run.

    Attributes:
        seconds: how long the load lasts; with `spread`, as long as its rounds take.
        faults: how many at least; with `spread`, in whole rounds of all kinds.
    """

    home: Path
    seconds: float
    seed: int
    rate: float
    faults: int
    least: Mapping[str, int] = field(default_factory=dict)
    spread: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


async def run(asked: Run, steps: Steps) -> tuple[Verdict, Evidence]:
    """Load and faults, then both verdicts as one."""
    async with session(asked.home, steps, seed=asked.seed, rate=asked.rate, **asked.environment) as now:
        return await _judged(now, await under_faults(now, asked), spread=asked.spread)


async def under_faults(now: Session, asked: Run) -> float:
    """Load and faults are over; returns how many seconds they took, which faults that wait make longer."""
    began = time.monotonic()
    if asked.spread:
        await _one_after_another(now, spread_faults(asked.seed, rounds_of(asked.faults)))
    else:
        planned = plan_faults(asked.seed, asked.seconds, asked.faults, asked.least)
        now.steps.say(
            f"{asked.seconds:.0f} s of load at {asked.rate:g}/s under {len(planned)} faults, seed {asked.seed}"
        )
        await asyncio.gather(now.load.run(asked.seconds), now.faults.play(planned))
    return round(time.monotonic() - began, 1)


async def _judged(now: Session, load_seconds: float, *, spread: bool) -> tuple[Verdict, Evidence]:
    left = await now.calm()
    first, _ = await now.verdict()
    with now.steps.step("a cold restart of all"):
        await now.desk.restart_all()
    left += await now.calm()
    differences = await now.compare_read_model()
    second, evidence = await now.verdict()
    unhealed = check_recovery(evidence) if spread else ()
    waits = [Finding("leftovers", name, "still there after all was healed") for name in left]
    findings = list(dict.fromkeys([*first.findings, *second.findings, *differences, *unhealed, *waits]))
    return Verdict(findings, {**second.facts, "load_seconds": load_seconds}), evidence


async def _one_after_another(now: Session, faults: Sequence[Planned]) -> None:
    """Each kind alone: the next begins when all is normal again."""

    async def play() -> None:
        await asyncio.sleep(WARM_SECONDS)
        for planned in faults:
            await now.faults.carry_out(planned)
            await _normal_again(now)
            await asyncio.sleep(APART_SECONDS)

    await now.under_load(play())


async def _normal_again(now: Session) -> None:
    """By the evidence so far, as the checker will see it; it finds the fault that did not heal in time."""
    healed_at = now.faults.healed_at
    while time.time() < healed_at + NORMAL_SECONDS:
        await asyncio.sleep(1)
        folder = now.desk.home / "evidence"
        seen = Evidence(inputs=read_history(folder / HISTORY), mails=read_mails(folder / MAILS))
        if normal_at(works(seen, so_far=True), healed_at) is not None:
            return
    now.steps.say(f"not normal again within {NORMAL_SECONDS:.0f} s")
