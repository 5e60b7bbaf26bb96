"""The search for the highest rate that holds: up in steps until one fails, then between the last two.

Invariant: what is told as the highest rate is one that was tried and held.
"""

import math
from dataclasses import dataclass, field


@dataclass
class Search:
    """Which rate to try next, given how those before went.

    Attributes:
        first: where it begins, in whatever a second.
        factor: from step to step while no bound is known.
        refinements: tries between the highest that held and the lowest that failed.
        lowest: below it the search ends, with nothing that held.
    """

    first: float
    factor: float = 1.5
    refinements: int = 2
    lowest: float = 1.0
    held: float | None = field(default=None, init=False)
    failed: float | None = field(default=None, init=False)

    def next(self) -> float | None:
        """The rate to try now; none when the search is over."""
        if self.held is None and self.failed is None:
            return self.first
        if self.failed is None:
            return (self.held or 0.0) * self.factor
        if self.held is None:
            lower = self.failed / self.factor
            return lower if lower >= self.lowest else None
        if self.refinements <= 0:
            return None
        return math.sqrt(self.held * self.failed)

    def tell(self, rate: float, *, held: bool) -> None:
        """How the try at a rate went.

        Raises:
            ValueError: the rate is outside what is still open; nobody asked for it.
        """
        if (self.held is not None and rate <= self.held) or (self.failed is not None and rate >= self.failed):
            raise ValueError(f"{rate} was not asked for: {self.held} held, {self.failed} failed")
        if self.held is not None and self.failed is not None:
            self.refinements -= 1
        if held:
            self.held = rate
        else:
            self.failed = rate
