"""Waits as figures: percentiles by nearest rank, so that a figure is always a wait that somebody had."""

import math
from collections.abc import Iterable, Sequence
from typing import Any


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


def in_milliseconds(waits: Sequence[float]) -> dict[str, Any]:
    """Waits in seconds as what is told of them."""
    parts = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "longest_ms": 1.0}
    return {"count": len(waits), **{name: round(percentile(waits, part) * 1000, 1) for name, part in parts.items()}}
