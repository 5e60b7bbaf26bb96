"""Who was told to wait, and for how long: so that whoever does not wait costs nobody else anything.

Invariant: memory is bounded; forgetting somebody costs one more count where counts are kept, nothing else.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from math import ceil

REMEMBERED = 10_000


class Waits:
    """Names and the moments until which they were told to wait."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, datetime] = OrderedDict()

    def tell(self, name: str, wait_seconds: int, now: datetime) -> None:
        """This one was told to wait."""
        self._until[name] = now + timedelta(seconds=wait_seconds)
        self._until.move_to_end(name)
        while len(self._until) > REMEMBERED:
            self._until.popitem(last=False)

    def seconds(self, name: str, now: datetime) -> int:
        """How long this one still has to wait; 0 where it may try."""
        until = self._until.get(name)
        if until is None:
            return 0
        if until <= now:
            del self._until[name]
            return 0
        return ceil((until - now).total_seconds())
