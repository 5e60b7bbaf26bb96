"""`python -m tests.chaos`: a desk under load and faults for some minutes, then the evidence, judged.

Ends with 0 where nothing is wrong, with 1 on any finding, with 2 where no verdict could be reached.
"""

import asyncio
import sys
from collections import Counter
from typing import Annotated

import typer
import uvloop

from deploy.local.console import Steps
from deploy.local.errors import StackError
from deploy.local.home import home_folder
from tests.chaos.checker.recovery import recovery_seconds
from tests.chaos.checker.report import Verdict, show, write
from tests.chaos.checker.seen import Evidence
from tests.chaos.run import Run, run
from tests.chaos.schedule import KINDS, in_proportion

SOAK_OF_EACH = 20


def main(
    minutes: Annotated[float, typer.Option(help="How long the load lasts.")] = 10.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same inputs and faults.")] = 1,
    faults: Annotated[int, typer.Option(help="How many faults, at least; 0: six a minute.")] = 0,
    rate: Annotated[float, typer.Option(help="Inputs a second.")] = 30.0,
    spread: Annotated[bool, typer.Option(help="One fault after another, to time the recovery of each kind.")] = False,
    soak: Annotated[bool, typer.Option(help=f"{SOAK_OF_EACH} faults of each kind.")] = False,
) -> None:
    """Run a desk under faults and judge what is left of it."""
    asked = Run(
        home=home_folder() / "chaos",
        seconds=minutes * 60,
        seed=seed,
        rate=rate,
        faults=faults or max(8, round(6 * minutes)),
        least=dict.fromkeys(KINDS, SOAK_OF_EACH) if soak else in_proportion(minutes * 60),
        spread=spread,
    )
    steps = Steps()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            verdict, evidence = runner.run(run(asked, steps))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from error
    tell(asked, verdict, evidence, steps)
    raise typer.Exit(0 if verdict.is_clean else 1)


def tell(asked: Run, verdict: Verdict, evidence: Evidence, steps: Steps) -> None:
    """The table is printed, and the file written."""
    recovery = recovery_seconds(evidence, spread=asked.spread)
    kinds = dict(Counter(fault.kind for fault in evidence.faults))
    show(verdict, recovery, kinds, steps.console)
    path = home_folder() / "chaos.json"
    run_facts = {"seconds": asked.seconds, "rate": asked.rate, "spread": asked.spread}
    write(path, verdict, seed=asked.seed, faults=kinds, recovery_seconds=recovery, run=run_facts)
    steps.say(f"written to {path}; evidence and logs are in {asked.home}")


if __name__ == "__main__":
    typer.run(main)
