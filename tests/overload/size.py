"""How large a run is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Size:
    """What is asked of a run.

    Attributes:
        home: everything of the run lies there, a folder for each desk.
        minutes: how long servers are away.
        events: of the backlog.
        turns: of the others alone, and as many beside the flood.
    """

    home: Path
    minutes: float = 10.0
    events: int = 100_000
    turns: int = 4
