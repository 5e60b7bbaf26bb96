"""`python -m tests.overload`: bad days at full size, one part after another; a table, and a file.

Ends with 0 where every promise held, with 1 where one did not.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated

import typer
import uvloop

from deploy.local.console import Steps
from deploy.local.home import home_folder
from tests.overload import backlog, disk, doors
from tests.overload.report import Part, show, write
from tests.overload.size import Size

Run = Callable[[Size, Steps], Coroutine[None, None, list[Part]]]
PARTS: dict[str, Run] = {
    "poison": doors.poisoned,
    "flood": doors.flooded,
    "connections": doors.connected,
    "outages": doors.servers_away,
    "backlog": backlog.backlog,
    "disk": disk.disks_full,
}


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(PARTS)}; all if none.")] = None,
    minutes: Annotated[float, typer.Option(help="How long servers are away.")] = 10.0,
    events: Annotated[int, typer.Option(help="Of the backlog.")] = 100_000,
) -> None:
    """Overload a desk, take its servers away, fill its disks."""
    size, steps = Size(home_folder() / "overload", minutes, events), Steps()
    found: list[Part] = []
    for name in parts or PARTS:
        steps.say(f"\n{name}")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found += runner.run(PARTS[name](size, steps))
        write(home_folder() / "overload.json", found, minutes=minutes, events=events)
    show(found, steps.console)
    steps.say(f"written to {home_folder() / 'overload.json'}; logs are in {size.home}")
    raise typer.Exit(0 if all(part.held for part in found) else 1)


if __name__ == "__main__":
    typer.run(main)
