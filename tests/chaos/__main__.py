"""`python -m tests.chaos`: a desk under load and faults for some minutes, then the evidence, judged.

Then another desk, whose services die in each of their gaps, at the first passage and at the second. Ends with 0 where
nothing is wrong, with 1 on any finding, with 2 where no verdict could be reached.

Invariant: the file is of this run or is not there, and its `result` says "clean" only where all that was asked for has
been judged so.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from deploy.local.console import Steps
from deploy.local.errors import StackError
from deploy.local.home import home_folder
from tests.chaos.checker.recovery import over_limit, recovery_seconds
from tests.chaos.checker.report import Verdict, add, faults_of, said, show, together, write
from tests.chaos.checker.seen import Evidence
from tests.chaos.run import Run, run
from tests.chaos.schedule import KINDS, SOAK_OF_EACH, in_proportion, of_each
from tests.chaos.servers import NotReadyError
from tests.chaos.walk import Walk, Walked, walk_a_desk

#: Enough to pass every point, little enough to start processes beside it.
WALK_RATE = 6.0


def main(
    *,
    minutes: Annotated[float, typer.Option(help="How long the load lasts; not with --spread.")] = 10.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same inputs and faults.")] = 1,
    faults: Annotated[int, typer.Option(help="How many faults, at least; 0: six a minute.")] = 0,
    rate: Annotated[float, typer.Option(help="Inputs a second.")] = 30.0,
    spread: Annotated[
        bool,
        typer.Option(
            help=f"One fault after another, to time the recovery of each kind: in whole rounds of all {len(KINDS)}, "
            "as many as come nearest to --faults, for as long as they take."
        ),
    ] = False,
    soak: Annotated[
        bool, typer.Option(help=f"{SOAK_OF_EACH} faults of each kind in three hours; fewer in less.")
    ] = False,
    times: Annotated[int, typer.Option(help="Passages of each crash point to die at, after the run; 0: none.")] = 2,
) -> None:
    """Run a desk under faults and judge what is left of it."""
    asked = Run(
        home=home_folder() / "chaos",
        seconds=minutes * 60,
        seed=seed,
        rate=rate,
        faults=faults or max(8, round(6 * minutes)),
        least=(of_each if soak else in_proportion)(minutes * 60),
        spread=spread,
    )
    raise typer.Exit(prove(asked, times, home_folder() / "chaos.json"))


def prove(
    asked: Run,
    times: int,
    path: Path,
    *,
    play: Callable[[Run, Steps], Awaitable[tuple[Verdict, Evidence]]] = run,
    then: Callable[[Walk, Steps], Awaitable[Walked]] = walk_a_desk,
) -> int:
    """The run and the walk are judged, told and written; returns the exit status.

    Args:
        asked: the run.
        times: passages of each crash point; 0 where there is no walk.
        path: the file; what an earlier run left there is gone.
        play: carries the run out.
        then: carries the walk out.
    """
    steps = Steps()
    path.unlink(missing_ok=True)

    async def all_of_it() -> bool:
        verdict, evidence = await play(asked, steps)
        result = {"result": "none: the crash points are not walked yet"} if times else {}
        tell(asked, verdict, evidence, steps, path, **result)
        if not times:
            return verdict.is_clean
        walked = await then(points(asked, times), steps)
        tell_walk(verdict, walked, steps, path)
        return verdict.is_clean and walked.is_clean

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return 0 if runner.run(all_of_it()) else 1
    except (StackError, NotReadyError) as error:
        if path.exists():
            add(path, result=f"none: {error}")
        sys.stderr.write(f"{error}\n")
        return 2


def points(asked: Run, times: int) -> Walk:
    """The walk that follows a run."""
    rate = min(asked.rate, WALK_RATE)
    return Walk(home_folder() / "chaos-walk", seed=asked.seed, rate=rate, times=range(1, times + 1))


def tell_walk(verdict: Verdict, walked: Walked, steps: Steps, path: Path) -> None:
    """What came of the walk is printed, and added to the file: its figures and findings to those of the run."""
    show(walked.verdict, {}, None, steps.console)
    steps.say(f"{len(walked.passed)} of {len(walked.planned)} passages of crash points walked")
    missed = len(walked.planned - walked.passed)
    counts = {"walked": len(walked.passed), "missed": missed, "faults": len(walked.verdict.findings) + missed}
    both = said(together(verdict, walked.verdict))
    add(path, **{**both, "result": "faults" if missed else both["result"], "crash_points": counts})


def tell(asked: Run, verdict: Verdict, evidence: Evidence, steps: Steps, path: Path, **more: str) -> None:
    """The table is printed, and the file written."""
    recovery = recovery_seconds(evidence, spread=asked.spread)
    faults = faults_of(evidence)
    show(verdict, recovery, faults, steps.console)
    run_facts = {"rate": asked.rate, "spread": asked.spread}
    write(
        path,
        verdict,
        seed=asked.seed,
        faults=faults.counted,
        faults_without_effect=faults.without_effect,
        faults_unseen=faults.unseen,
        recovery_seconds=recovery,
        recovery_over_limit=over_limit(recovery),
        run=run_facts,
        **more,
    )
    steps.say(f"written to {path}; evidence and logs are in {asked.home}")


if __name__ == "__main__":
    typer.run(main)
