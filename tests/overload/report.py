"""What each part of the run found: its figures, and the promises that did not hold; one table, one file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.machine import load_average, machine, versions
from tests.chaos.evidence import Json


@dataclass
class Part:
    """One part of the run.

    Attributes:
        figures: by name; units stand in the names.
        broken: promises that did not hold, a sentence each.
        slow: promises about time that did not hold; they say as much of a busy machine as of the desk.
        unjudged: promises of which too little was seen to say anything.
    """

    name: str
    figures: Json = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)

    def promise(self, holds: bool, otherwise: str) -> None:
        """What was promised holds; otherwise it is noted as broken, once."""
        if not holds and otherwise not in self.broken:
            self.broken.append(otherwise)

    def promise_in_time(self, holds: bool, otherwise: str) -> None:
        """It took no longer than was promised; otherwise it is noted as slow."""
        if not holds:
            self.slow.append(otherwise)

    def not_judged(self, why: str) -> None:
        """Nobody can say whether a promise held, and so it did not."""
        self.unjudged.append(why)

    @property
    def held(self) -> bool:
        """Whether every promise was judged, and held."""
        return not self.broken and not self.slow and not self.unjudged


def show(parts: Sequence[Part], console: Console) -> None:
    """Every part's figures and what is broken, as tables."""
    for part in parts:
        table = Table(title=part.name, title_justify="left", box=None, pad_edge=False, show_header=False)
        for name, value in part.figures.items():
            if isinstance(value, dict):
                for key, each in value.items():
                    table.add_row(f"{name}  {key}", _shown(each))
            else:
                table.add_row(name, _shown(value))
        console.print(table)
        for sentence in part.broken:
            console.print(f"[red]broken[/]  {sentence}", highlight=False)
        for sentence in part.slow:
            console.print(f"[yellow]slow[/]  {sentence}", highlight=False)
        for sentence in part.unjudged:
            console.print(f"[yellow]not judged[/]  {sentence}", highlight=False)
        console.print("" if not part.held else "[green]every promise held[/]\n", highlight=False)


def write(path: Path, parts: Sequence[Part], **run: object) -> None:
    """The same as JSON, with the machine that it was measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {
        "machine": machine(),
        "versions": versions(),
        "load_average": load_average(),
        **run,
        "broken": sum(len(part.broken) for part in parts),
        "slow": sum(len(part.slow) for part in parts),
        "not_judged": sum(len(part.unjudged) for part in parts),
        "parts": {part.name: _as_json(part) for part in parts},
    }
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n")


def _as_json(part: Part) -> Json:
    return {"figures": part.figures, "broken": part.broken, "slow": part.slow, "not_judged": part.unjudged}


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items())
    if isinstance(value, list):
        return " ".join(_shown(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
