"""Named places at which a test kills the process, to show that the gap beside them loses nothing.

Invariant: free when off; with ``CRASH_AT=name:nth`` the nth passage of that name ends the process as `kill -9` does.
"""

import os
import signal
from collections import Counter


class _Trap:
    """What was asked of this process by ``CRASH_AT``, read once."""

    def __init__(self, wanted: str) -> None:
        name, _, nth = wanted.rpartition(":")
        self.name, self.nth = (name, int(nth)) if name else (wanted, 1)
        self.passed: Counter[str] = Counter()

    def passing(self, name: str) -> None:
        self.passed[name] += 1
        if name == self.name and self.passed[name] == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)


_wanted = os.environ.get("CRASH_AT", "")
_trap = _Trap(_wanted) if _wanted else None


def crashpoint(name: str) -> None:
    """Die here if this is the asked passage of the asked name."""
    if _trap is not None:
        _trap.passing(name)
