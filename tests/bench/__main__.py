"""`python -m tests.bench [PART…]`: measures, prints, and writes the figures with machine, versions, load and method.

Absolute figures differ between machines and hours: each part runs beside a bare measure, in turn with it, and what
counts is the ratio. ``TEST_KAFKA_BOOTSTRAP`` and ``TEST_DATABASE_URL`` name servers that run already.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.local.home import home_folder
from tests.bench.machine import load_average, machine, versions
from tests.bench.reading import measure_reading
from tests.bench.servers import servers
from tests.bench.stage import measure_stage

Json = dict[str, Any]
MAILS = 6000


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder on the disk that a desk would use, gone afterwards."""
    home_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home_folder()) as folder:
        yield Path(folder)


def tickets_stage(rounds: int) -> Json:
    """The stage beside a bare loop."""
    with own_folder() as folder, servers(folder) as where:
        return asyncio.run(measure_stage(where, folder, MAILS, rounds))


def reading(rounds: int) -> Json:
    """The reading of mails beside the bare parser."""
    return measure_reading(rounds, 1.0)


PARTS: dict[str, Callable[[int], Json]] = {each.__name__: each for each in (tickets_stage, reading)}


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(PARTS)}; all where none is named.")] = None,
    rounds: Annotated[int, typer.Option(help="How often each is measured; medians are told.")] = 5,
) -> None:
    """Measure how fast the parts of the desk are."""
    chosen = chosen_parts(parts or list(PARTS))
    found: Json = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "versions": versions(),
        "load_average_before": load_average(),
    }
    for part in chosen:
        sys.stderr.write(f"{part} …\n")
        found[part] = PARTS[part](rounds)
    found["load_average_after"] = load_average()
    text = json.dumps(found, indent=2)
    path = home_folder() / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")
    sys.stdout.write(f"{text}\nwritten to {path}\n")


def chosen_parts(names: Sequence[str]) -> list[str]:
    """The parts of these names.

    Raises:
        typer.BadParameter: there is no part of that name.
    """
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise typer.BadParameter(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return list(names)


if __name__ == "__main__":
    typer.run(main)
