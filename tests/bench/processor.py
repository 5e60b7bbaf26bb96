"""Processor time by process: what a desk costs, and who costs it."""

from collections.abc import Collection, Mapping

import psutil


def seconds_of(pid: int, *, alone: bool = False) -> float:
    """Processor seconds that a process has spent so far; with its children, those too that have ended, or `alone`."""
    process = psutil.Process(pid)
    if alone:
        return float(sum(process.cpu_times()[:2]))
    spent = float(sum(process.cpu_times()[:4]))
    for child in process.children(recursive=True):
        try:
            spent += sum(child.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue  # ended since it was listed; its parent has its time by the next look
    return spent


class Meter:
    """Processor seconds of several processes since some moment.

    Args:
        pids: by name.
        alone: names of those whose children are not theirs to answer for.
    """

    def __init__(self, pids: Mapping[str, int], alone: Collection[str] = ()) -> None:
        self._pids = dict(pids)
        self._alone = frozenset(alone)
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        return {name: seconds_of(pid, alone=name in self._alone) for name, pid in self._pids.items()}

    def spent(self) -> dict[str, float]:
        """Since this meter was made, by name."""
        return {name: now - self._before[name] for name, now in self._now().items()}
