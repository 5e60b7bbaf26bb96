"""`python -m tests.chaos`: a desk under load and faults for some minutes, then the evidence, judged.

Then another desk, whose services die in each of their gaps, at the first passage and at the second. Ends with 0 where
nothing is wrong, with 1 on any finding, with 2 where no verdict could be reached.
"""

import asyncio
import sys
from typing import Annotated

import typer
import uvloop

from deploy.local.console import Steps
from deploy.local.errors import StackError
from deploy.local.home import home_folder
from tests.chaos.checker.recovery import recovery_seconds
from tests.chaos.checker.report import Verdict, add, faults_of, show, write
from tests.chaos.checker.seen import Evidence
from tests.chaos.run import Run, run
from tests.chaos.schedule import SOAK_OF_EACH, in_proportion, of_each
from tests.chaos.servers import NotReadyError
from tests.chaos.walk import Walk, Walked, walk_a_desk

#: Enough to pass every point, little enough to start processes beside it.
WALK_RATE = 6.0


def main(
    *,
    minutes: Annotated[float, typer.Option(help="How long the load lasts.")] = 10.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same inputs and faults.")] = 1,
    faults: Annotated[int, typer.Option(help="How many faults, at least; 0: six a minute.")] = 0,
    rate: Annotated[float, typer.Option(help="Inputs a second.")] = 30.0,
    spread: Annotated[bool, typer.Option(help="One fault after another, to time the recovery of each kind.")] = False,
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
    steps = Steps()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            verdict, evidence = runner.run(run(asked, steps))
            tell(asked, verdict, evidence, steps)
            walked = runner.run(walk_a_desk(points(asked, times), steps)) if times else None
    except (StackError, NotReadyError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from error
    if walked is not None:
        tell_walk(walked, steps)
    is_clean = verdict.is_clean and (walked is None or walked.is_clean)
    raise typer.Exit(0 if is_clean else 1)


def points(asked: Run, times: int) -> Walk:
    """The walk that follows a run."""
    rate = min(asked.rate, WALK_RATE)
    return Walk(home_folder() / "chaos-walk", seed=asked.seed, rate=rate, times=range(1, times + 1))


def tell_walk(walked: Walked, steps: Steps) -> None:
    """What came of the walk is printed, and added to the file."""
    show(walked.verdict, {}, None, steps.console)
    steps.say(f"{len(walked.passed)} of {len(walked.planned)} passages of crash points walked")
    faults = len(walked.verdict.findings) + len(walked.planned - walked.passed)
    add(home_folder() / "chaos.json", crash_points={"walked": len(walked.passed), "faults": faults})


def tell(asked: Run, verdict: Verdict, evidence: Evidence, steps: Steps) -> None:
    """The table is printed, and the file written."""
    recovery = recovery_seconds(evidence, spread=asked.spread)
    faults = faults_of(evidence)
    show(verdict, recovery, faults, steps.console)
    path = home_folder() / "chaos.json"
    run_facts = {"seconds": asked.seconds, "rate": asked.rate, "spread": asked.spread}
    write(
        path,
        verdict,
        seed=asked.seed,
        faults=faults.counted,
        faults_without_effect=faults.without_effect,
        faults_unseen=faults.unseen,
        recovery_seconds=recovery,
        run=run_facts,
    )
    steps.say(f"written to {path}; evidence and logs are in {asked.home}")


if __name__ == "__main__":
    typer.run(main)
