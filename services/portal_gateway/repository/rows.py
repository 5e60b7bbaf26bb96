"""Rows that hold a snapshot, as snapshots."""

from collections.abc import Sequence
from typing import Any, TypeVar

from shared.contracts.state import Snapshot

S = TypeVar("S", bound=Snapshot)


def one(model: type[S], row: Any) -> S | None:
    """The snapshot of a row's `state`; none for no row."""
    return None if row is None else model.model_validate(row["state"])


def every(model: type[S], rows: Sequence[Any]) -> list[S]:
    """The snapshots of rows."""
    return [model.model_validate(row["state"]) for row in rows]
