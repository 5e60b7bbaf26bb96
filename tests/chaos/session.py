"""One run: a desk, a sink, clients, faults; then quiet, and the evidence judged. Everything a run needs to share."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiosmtplib
import asyncpg
from aiokafka.errors import KafkaError

from deploy.local.console import Steps
from deploy.local.home import ROOT
from tests.chaos.checker.gather import FAULTS, HISTORY, MAILS, gather
from tests.chaos.checker.report import Verdict, judge
from tests.chaos.checker.seen import Evidence, Finding
from tests.chaos.checker.tables import left_over
from tests.chaos.checker.topics import lag_of
from tests.chaos.desk import TWO_OF_EACH, ChaosDesk, plan, running
from tests.chaos.doors import Web
from tests.chaos.evidence import Journal
from tests.chaos.faults import Faults
from tests.chaos.history import History, seeded
from tests.chaos.load import Load
from tests.chaos.pages import read_pages
from tests.chaos.servers import NotReadyError
from tests.chaos.sinks import Sink

FINISH_SECONDS = 90.0
QUIET_SECONDS = 240.0
T = TypeVar("T")
_AWAY = (KafkaError, asyncpg.PostgresError, OSError, aiosmtplib.SMTPException)


@dataclass
class Session:
    """A running desk with its clients and its faults."""

    desk: ChaosDesk
    sink: Sink
    load: Load
    web: Web
    faults: Faults
    steps: Steps

    async def under_load(self, work: Coroutine[Any, Any, T]) -> T:
        """What some work comes to, while inputs are given at the rate."""
        loading = asyncio.create_task(self.load.run(24 * 3600), name="the load")
        try:
            return await work
        finally:
            await self.load.end(loading)

    async def calm(self, finish_seconds: float = FINISH_SECONDS, quiet_seconds: float = QUIET_SECONDS) -> list[str]:
        """Everything is healed, every client has its answer, nothing waits any more; returns what still does."""
        left: list[str] = []
        with self.steps.step("heal, then wait until nothing is left"):
            try:
                await self.faults.heal()
            except NotReadyError as error:
                left.append(str(error))
            unanswered = await self.load.finish(finish_seconds)
            if unanswered:
                left.append(f"{unanswered} inputs without an answer")
            return left + await self._quiet(quiet_seconds)

    async def _quiet(self, seconds: float) -> list[str]:
        deadline = time.monotonic() + seconds
        while left := await waiting(self.desk):
            self.steps.detail(", ".join(left))
            if time.monotonic() > deadline:
                return left
            await asyncio.sleep(0.5)
        return []

    async def evidence(self) -> Evidence:
        """All that can be seen from outside, now."""
        return await gather(
            self.desk.home, self.desk.admin_url, self.desk.bootstrap, await read_pages(self.desk.home, self.load)
        )

    async def verdict(self) -> tuple[Verdict, Evidence]:
        """The evidence, judged; processes and clients that ended by themselves are findings too."""
        with self.steps.step("gather the evidence and check it"):
            evidence = await self.evidence()
            verdict = judge(evidence)
        ended = [Finding("crashes", label, f"ended by itself: {code}") for _, label, code in self.desk.crashes]
        ended += self.load.crashed()
        return Verdict([*verdict.findings, *ended], verdict.facts), evidence

    async def compare_read_model(self) -> list[Finding]:
        """The desk's own comparison of the read model with the log, before and after a rebuild beside the live one."""
        findings: list[Finding] = []
        for command in (("parity", "--json"), ("rebuild", "gateway"), ("parity", "--json")):
            with self.steps.step(f"deskstream {' '.join(command)}"):
                told = await asyncio.to_thread(deskstream, self.desk.home, *command)
            findings += differences_told(told, *command)
        return findings


@asynccontextmanager
async def session(
    home: Path, steps: Steps, *, seed: int, rate: float, replicas: str = TWO_OF_EACH, **environment: str
) -> AsyncIterator[Session]:
    """A desk runs inside the block, with clients and faults ready to begin; nothing of it runs after it."""
    desk = plan(home, replicas=replicas, **environment)
    folder = home / "evidence"
    sink = Sink(folder / MAILS)
    await sink.start()
    desk.send_mail_to(sink.port)
    async with running(desk, steps):
        web = Web(await asyncio.to_thread(new_token, home))
        history, journal = History(folder / HISTORY), Journal(folder / FAULTS)
        load = Load(desk.doors(), web, history, seeded(seed), rate)
        sink.on_mail = load.received
        watching = asyncio.create_task(_tend(desk, steps))
        try:
            yield Session(desk, sink, load, web, Faults(desk, sink, journal, steps.say), steps)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await load.finish(0)
            await web.close()
            history.close()
            journal.close()
    await sink.stop()


async def waiting(desk: ChaosDesk) -> list[str]:
    """What of the desk is not at rest; a server that does not answer is not."""
    try:
        connection = await asyncpg.connect(desk.admin_url, timeout=5)
        try:
            left = await left_over(connection)
        finally:
            await connection.close()
        lag = await lag_of(desk.bootstrap)
    except _AWAY as error:
        return [type(error).__name__]
    groups = {member.replica.service for member in desk.members.values()} - lag.keys()
    found = {**left, **{f"lag of {group}": count for group, count in lag.items()}, **dict.fromkeys(groups, 1)}
    return [f"{name}: {count}" for name, count in found.items() if count]


def new_token(home: Path) -> str:
    """An API token of an agent made for it.

    Raises:
        RuntimeError: the command line says no.
    """
    told = deskstream(home, "token", "create", "chaos")
    if told.returncode != 0:
        raise RuntimeError(told.stderr)
    return told.stdout.split()[-1]


def differences_told(told: subprocess.CompletedProcess[str], *command: str) -> list[Finding]:
    """What `deskstream parity --json`, or a rebuild, found; one that compared nothing has shown nothing."""
    name = " ".join(command)
    findings: list[Finding] = []
    if command[0] == "parity":
        try:
            said = json.loads(told.stdout)
            compared, differ = int(said["compared"]), list(said["differences"])
        except (ValueError, KeyError, TypeError):
            return [Finding("read_model_differences", name, f"unreadable: {(told.stdout + told.stderr)[-300:]!r}")]
        findings += [Finding("read_model_differences", each["key"], f"parity: {each}") for each in differ]
        if not compared:
            findings.append(Finding("read_model_differences", name, "no key was compared"))
    if told.returncode != 0 and not findings:
        findings.append(Finding("read_model_differences", name, f"ended with {told.returncode}: {told.stderr[-300:]}"))
    return findings


def deskstream(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`deskstream …` beside the desk of a home."""
    environment = {**os.environ, "DESKSTREAM_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


async def _tend(desk: ChaosDesk, steps: Steps) -> None:
    while True:
        desk.tend(steps.say)
        await asyncio.sleep(0.3)
