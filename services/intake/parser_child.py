"""Parses mails in child processes under bounds, so that a bomb costs its own child only.

Invariant: every mail gets an answer within the time limit; a child that overran it is ended and replaced.
"""

import asyncio
import multiprocessing
import pickle
import resource
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import structlog

from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from services.intake.domain.reading import read_mail

_log = structlog.get_logger()

SECONDS = 5.0
MEMORY_BYTES = 1_500_000_000


def _serve(pipe: Connection, authserv_id: str) -> None:
    """The child: bytes in, a pickled answer out, until the pipe closes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    while True:
        try:
            raw = pipe.recv_bytes()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            answer: ParsedMail | Unreadable = read_mail(raw, authserv_id)
        except MemoryError:
            answer = Unreadable("too_large", "reading it takes too much memory")
        except Exception as error:  # noqa: BLE001 - whatever a mail makes a parser raise ends as a value
            answer = Unreadable("unreadable", f"{type(error).__name__}: {error}"[:300])
        pipe.send_bytes(pickle.dumps(answer))


class _Child:
    """One child process."""

    def __init__(self, authserv_id: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs, authserv_id), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, raw: bytes) -> ParsedMail | Unreadable | None:
        """The child's answer; none when it overran its time or died."""
        try:
            self._pipe.send_bytes(raw)
            if not self._pipe.poll(SECONDS):
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
    """A few children; `parse` takes the next free one."""

    def __init__(self, children: int = 2, authserv_id: str = "") -> None:
        self._authserv_id = authserv_id
        self._threads = ThreadPoolExecutor(children, thread_name_prefix="parser")
        self._free: asyncio.Queue[_Child | None] = asyncio.Queue()
        for _ in range(children):
            self._free.put_nowait(None)

    async def parse(self, raw: bytes) -> ParsedMail | Unreadable:
        """Read a mail within the bounds."""
        child = await self._free.get()
        loop = asyncio.get_running_loop()
        try:
            if child is None:
                child = await loop.run_in_executor(self._threads, _Child, self._authserv_id)
            answer = await loop.run_in_executor(self._threads, child.ask, raw)
            if answer is None:
                _log.warning("parser_child_ended", bytes=len(raw))
                child.end()
                child = None
                return Unreadable("too_slow", f"reading it takes over {SECONDS:.0f} s or too much memory")
            return answer
        finally:
            self._free.put_nowait(child)

    async def close(self) -> None:
        """Every child is gone."""
        while not self._free.empty():
            child = self._free.get_nowait()
            if child is not None:
                child.end()
        self._threads.shutdown(wait=False)
