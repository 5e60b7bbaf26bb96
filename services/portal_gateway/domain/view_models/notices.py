"""Short notices after an act, with a way back."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Undo:
    """What the way back posts: where, on which version, which values."""

    url: str
    version: int
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Toast:
    """A notice: what was done, or was not."""

    words: str
    tone: Literal["", "danger"] = ""
    undo: Undo | None = None
