"""Waits as figures: percentiles by nearest rank, so that a figure is always a wait that somebody had.

Invariant: who waits for what never comes waits longer than anybody: `LOST`, seconds that are infinite. Where a
percentile falls among such waits there is no figure, none as a value, null as JSON.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

#: The wait for what never came.
LOST = math.inf


def percentile(values: Iterable[float], part: float) -> float:
    """The smallest of the values that at least `part` of them do not exceed.

    Args:
        values: in any order and unit.
        part: 0.99 for the 99th percentile.

    Raises:
        ValueError: there are no values, or `part` is not above 0 and at most 1.
    """
    in_order = sorted(values)
    if not in_order:
        raise ValueError("there is no percentile of nothing")
    if not 0 < part <= 1:
        raise ValueError(f"{part} is no part of a whole")
    return in_order[max(0, math.ceil(round(part * len(in_order), 6)) - 1)]


def with_lost(waits: Sequence[float], count: int) -> list[float]:
    """The waits of so many, of which these came; the others are lost."""
    return [*waits, *[LOST] * (count - len(waits))]


def milliseconds(values: Sequence[float], part: float, digits: int = 1) -> float | None:
    """A percentile of waits in seconds, in milliseconds; none where it falls among those that were lost."""
    found = percentile(values, part)
    return None if found == LOST else round(found * 1000, digits)


def in_milliseconds(waits: Sequence[float]) -> dict[str, Any]:
    """Waits in seconds as what is told of them; `lost` of them are among the count."""
    parts = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "longest_ms": 1.0}
    lost = sum(wait == LOST for wait in waits)
    told = {name: milliseconds(waits, part) for name, part in parts.items()}
    return {"count": len(waits), **({"lost": lost} if lost else {}), **told}
