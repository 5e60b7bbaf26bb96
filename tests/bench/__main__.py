"""`python -m tests.bench [PART…]`: measures, prints, and writes the figures with machine, versions, load and method.

Absolute figures differ between machines and hours: each part runs beside a bare measure, in turn with it, and what
counts is the ratio. ``TEST_KAFKA_BOOTSTRAP`` and ``TEST_DATABASE_URL`` name servers that run already.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from deploy.local.home import home_folder
from tests.bench.events import measure_events
from tests.bench.growth import measure_growth
from tests.bench.latency import measure_latency, rate_after
from tests.bench.machine import load_average, machine, versions
from tests.bench.reading import measure_reading
from tests.bench.servers import servers
from tests.bench.smtp_door import measure_smtp_door
from tests.bench.stage import measure_stage
from tests.bench.tables import show
from tests.bench.whole_path import measure_whole_path

Json = dict[str, Any]
MAILS = 6000


@dataclass(frozen=True)
class Asked:
    """What a part is asked for.

    Attributes:
        rounds: how often what is measured in turns is measured.
        full: the sizes that take long, too.
        found: by the parts before it.
    """

    rounds: int
    full: bool
    found: Mapping[str, Json]


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder on the disk that a desk would use, gone afterwards."""
    home_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home_folder()) as folder:
        yield Path(folder)


def smtp_door(asked: Asked) -> Json:
    """The door beside aiosmtpd that fsyncs."""
    with own_folder() as folder, servers(folder) as where:
        return measure_smtp_door(where, folder, asked.rounds)


def tickets_stage(asked: Asked) -> Json:
    """The stage beside a bare loop."""
    with own_folder() as folder, servers(folder) as where:
        return asyncio.run(measure_stage(where, folder, MAILS, asked.rounds))


def whole_path(_asked: Asked) -> Json:
    """A whole desk, mail in to mail out."""
    with own_folder() as folder:
        return measure_whole_path(folder)


def latency(asked: Asked) -> Json:
    """How long people wait at a tenth of the rate that `whole_path` found."""
    with own_folder() as folder:
        return measure_latency(folder, rate_after(asked.found))


def growth(asked: Asked) -> Json:
    """Whether a desk gets slower as it grows."""
    with own_folder() as folder, servers(folder) as where:
        return measure_growth(where, folder, asked.rounds, full=asked.full)


def events(asked: Asked) -> Json:
    """Rules a second, with few and with very many rules."""
    with own_folder() as folder, servers(folder) as where:
        return measure_events(where, folder, asked.rounds)


def reading(asked: Asked) -> Json:
    """The reading of mails beside the bare parser."""
    return measure_reading(asked.rounds, 1.0)


PARTS: dict[str, Callable[[Asked], Json]] = {
    each.__name__: each for each in (smtp_door, tickets_stage, whole_path, latency, growth, events, reading)
}


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(PARTS)}; all where none is named.")] = None,
    rounds: Annotated[int, typer.Option(help="How often each is measured; medians are told.")] = 3,
    full: Annotated[bool, typer.Option("--full", help="The sizes that take long, too.")] = False,
) -> None:
    """Measure how fast the parts of the desk are."""
    chosen = chosen_parts(parts or list(PARTS))
    console, found = Console(), dict[str, Json]()
    path = home_folder() / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "versions": versions(),
        "load_average_before": load_average(),
    }
    for part in chosen:
        sys.stderr.write(f"{part} …\n")
        before = load_average()
        found[part] = PARTS[part](Asked(rounds, full, found))
        show(console, part, found[part])
        found[part] |= {"load_average": [before, load_average()]}
        # After each part: a run that is broken off has measured what it has.
        told = {**about, "load_average_after": load_average(), **figures(found), **found}
        path.write_text(json.dumps(told, indent=2, allow_nan=False) + "\n")
    console.print(f"written to {path}", soft_wrap=True)


def figures(found: Mapping[str, Json]) -> Json:
    """The named figures of all parts, side by side, and those that could not be had, as none.

    No two parts give one the same name.

    Raises:
        ValueError: two do.
    """
    together: Json = {}
    for part, values in found.items():
        named = {name: value for name, value in values.items() if isinstance(value, int | float | None)}
        twice = together.keys() & named.keys()
        if twice:
            raise ValueError(f"{part} names {', '.join(sorted(twice))} a second time")
        together |= named
    return together


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
