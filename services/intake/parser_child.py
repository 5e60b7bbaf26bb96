"""Reads mails in child processes under bounds, so that a bomb costs its own child only.

Invariant: every mail gets an answer within the bounds' wall time; a child that spent more than its share of processor
time or memory is gone, and another takes its place.
"""

import asyncio
import logging
import math
import multiprocessing
import pickle
import resource
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import structlog

from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from services.intake.domain.reading import read_mail

_log = structlog.get_logger()

Answer = ParsedMail | Unreadable
#: Octets, our border's authserv-id, our name in the loop header; as `read_mail`. Children import it by its name.
Reader = Callable[[bytes, str, str], Answer]


@dataclass(frozen=True)
class Bounds:
    """What one mail may cost.

    Attributes:
        cpu_seconds: of a processor, not by the wall's clock: on a busy machine a good mail waits for its turn.
    """

    cpu_seconds: int = 4
    wall_seconds: float = 20.0
    memory_bytes: int = 1_500_000_000


def _serve(pipe: Connection, bounds: Bounds, reader: Reader, about: tuple[str, str]) -> None:
    """The child: octets in, a pickled answer out, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Its detectors raise on odd mails, which it survives, and logs as errors.
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory_bytes, bounds.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        while True:
            raw = pipe.recv_bytes()
            _allow_cpu(bounds.cpu_seconds)
            pipe.send_bytes(pickle.dumps(_read(reader, raw, about)))
    except (EOFError, OSError):
        return


def _read(reader: Reader, raw: bytes, about: tuple[str, str]) -> Answer:
    try:
        return reader(raw, *about)
    except MemoryError:
        return Unreadable("too_large", "reading it takes too much memory")
    except Exception as error:  # noqa: BLE001 - whatever a mail makes a parser raise ends as a value
        return Unreadable("unreadable", f"{type(error).__name__}: {error}"[:300])


def _allow_cpu(seconds: int) -> None:
    """From now on so much processor time may be spent; past it the kernel ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


class _Child:
    """One child process."""

    def __init__(self, bounds: Bounds, reader: Reader, about: tuple[str, str]) -> None:
        context = multiprocessing.get_context("spawn")
        self._bounds = bounds
        self._pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs, bounds, reader, about), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, raw: bytes) -> Answer | None:
        """The child's answer; none when it overran its bounds."""
        try:
            self._pipe.send_bytes(raw)
            if not self._pipe.poll(self._bounds.wall_seconds):
                return None
            answer = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - from our own child
        except (EOFError, OSError):
            return None
        return answer if isinstance(answer, ParsedMail | Unreadable) else None

    def end(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join(2)


class ParserPool:
    """A few children, each reading one mail at a time.

    Args:
        children: how many.
        authserv_id, desk: as `read_mail` takes them.
        bounds: what one mail may cost.
        reader: what the children do with a mail.
    """

    def __init__(
        self,
        children: int,
        authserv_id: str = "",
        desk: str = "",
        *,
        bounds: Bounds | None = None,
        reader: Reader = read_mail,
    ) -> None:
        self._bounds = bounds or Bounds()
        self._reader = reader
        self._about = (authserv_id, desk)
        self._threads = ThreadPoolExecutor(children, thread_name_prefix="parser")
        self._free: asyncio.Queue[_Child | None] = asyncio.Queue()
        self._closing = False
        for _ in range(children):
            self._free.put_nowait(None)

    async def warm(self) -> None:
        """Every child has started, so that the first mail does not wait for it."""
        await asyncio.gather(*(self.parse(b"Subject: warm\r\n\r\n") for _ in range(self._free.qsize())))

    async def parse(self, raw: bytes) -> Answer:
        """Read a mail within the bounds."""
        child = await self._free.get()
        loop = asyncio.get_running_loop()
        try:
            if child is None:
                child = await loop.run_in_executor(self._threads, _Child, self._bounds, self._reader, self._about)
            answer = await loop.run_in_executor(self._threads, child.ask, raw)
            if answer is None or self._closing:
                child.end()
                child = None
        except asyncio.CancelledError:
            # Its answer would be taken for the next mail's.
            if child is not None:
                child.end()
            child = None
            raise
        finally:
            self._free.put_nowait(child)
        if answer is None:
            _log.warning("parser_child_ended", bytes=len(raw))
            seconds = self._bounds.cpu_seconds
            return Unreadable("too_slow", f"reading it takes over {seconds} s or too much memory")
        return answer

    async def close(self) -> None:
        """Every idle child is gone; a busy one goes after its mail, which still gets its answer."""
        self._closing = True
        for _ in range(self._free.qsize()):
            child = self._free.get_nowait()
            if child is not None:
                child.end()
            self._free.put_nowait(None)
