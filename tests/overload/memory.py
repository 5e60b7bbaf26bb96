"""How much memory processes hold, watched while something is done to them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import psutil

LOOK_SECONDS = 0.25
#: What processes share is costly to find out; a server of many is looked at every so many looks.
LOOKS_A_SERVER = 20
MEBIBYTE = 2**20


def resident_mib(pid: int | None) -> float:
    """Resident memory of a process, without its children; 0 where it does not run."""
    try:
        return psutil.Process(pid).memory_info().rss / MEBIBYTE if pid else 0.0
    except psutil.Error:
        return 0.0


def children_mib(pid: int | None) -> float:
    """Resident memory of all children of a process; 0 where it does not run."""
    try:
        children = psutil.Process(pid).children(recursive=True) if pid else []
    except psutil.Error:
        return 0.0
    return sum(resident_mib(child.pid) for child in children)


def together_mib(pid: int | None) -> float:
    """What a process and its children hold together, shared pages counted once (PSS); 0 where none runs."""
    try:
        found = psutil.Process(pid) if pid else None
        processes = [found, *found.children(recursive=True)] if found else []
    except psutil.NoSuchProcess:
        return 0.0
    held = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            held += process.memory_full_info().pss
    return held / MEBIBYTE


class Memory:
    """What was held at the beginning, the most since, and now; MiB by process.

    Args:
        pids: of single processes, by name.
        servers: of servers that are many processes, by name; told is the PSS of all of them.
    """

    def __init__(
        self,
        pids: Callable[[], Mapping[str, int | None]],
        servers: Callable[[], Mapping[str, int | None]] = dict,
    ) -> None:
        self._pids = pids
        self._servers = servers
        self._looks = 0
        self.start: dict[str, float] = {}
        self.peak: dict[str, float] = {}
        self.now: dict[str, float] = {}

    def look(self) -> None:
        """One more look."""
        for name, pid in self._pids().items():
            self._saw(name, resident_mib(pid))
            if name.startswith("intake"):
                self._saw(f"{name}, its parsers", children_mib(pid))
        if self._looks % LOOKS_A_SERVER == 0:
            for name, pid in self._servers().items():
                self._saw(f"{name}, PSS of all its processes", together_mib(pid))
        self._looks += 1

    def _saw(self, name: str, mib: float) -> None:
        self.now[name] = mib
        self.start.setdefault(name, mib)
        self.peak[name] = max(mib, self.peak.get(name, 0.0))

    def told(self) -> dict[str, str]:
        """By process: start, peak, end."""
        return {
            name: f"start {self.start[name]:.0f}, peak {self.peak[name]:.0f}, end {self.now[name]:.0f}"
            for name in self.start
        }

    def grown(self, name: str) -> float:
        """By how much the most that was held exceeds the beginning."""
        return self.peak[name] - self.start[name]


@asynccontextmanager
async def watched(
    pids: Callable[[], Mapping[str, int | None]], servers: Callable[[], Mapping[str, int | None]] = dict
) -> AsyncIterator[Memory]:
    """Memory is looked at all the while, for as long as the block runs; arguments are those of `Memory`."""
    memory = Memory(pids, servers)
    memory.look()

    async def looking() -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            memory.look()

    task = asyncio.create_task(looking())
    try:
        yield memory
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        memory.look()
