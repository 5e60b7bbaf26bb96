"""A desk to measure: `deskstream up` in a home of its own, its mail going to the bench's sink.

Invariant: nothing of it runs when the block is left.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from deploy.local.errors import StackError
from deploy.local.home import Run, load_run
from deploy.local.process import accepts, free_port
from tests.bench.answers import Answers, Sunk
from tests.bench.mails import request
from tests.bench.pace import play
from tests.bench.processor import Meter
from tests.bench.smtp_client import Connections
from tests.support.desk import RunningDesk, ended, start_desk

ROOT = Path(__file__).parents[2]
READY_SECONDS = 180.0
POLL_SECONDS = 0.1
CONNECTIONS = 48
#: Enough mails for every cache, pool and partition to have been used.
WARM_UP_MAILS, WARM_UP_RATE = 60, 6.0
WARM_UPS = 3


@dataclass(frozen=True)
class BenchDesk:
    """A desk that runs and is warm.

    Attributes:
        sink_pid: of the process that takes its mail.
        mailbox: address that the load writes to.
    """

    running: RunningDesk
    run: Run
    sink_pid: int
    answers: Answers
    connections: Connections

    @property
    def logs(self) -> Path:
        """Where its services write their lines."""
        return self.running.home / "logs"

    @property
    def mailbox(self) -> str:
        return self.run.support_address

    def meter(self) -> Meter:
        """Who spends how much processor time from now on."""
        services = {each.name: each.pid for each in self.run.services if each.pid is not None}
        servers = {name: each.pid for name, each in self.run.servers.items()}
        others = {"sink": self.sink_pid, "load": os.getpid(), "supervisor": self.run.supervisor_pid}
        return Meter({**services, **servers, **others}, alone=("load", "supervisor"))

    async def token(self) -> str:
        """A secret that opens the API."""
        said = await asyncio.to_thread(self.running.command, "token", "create", "bench")
        said.check_returncode()
        return said.stdout.split()[-1]


@asynccontextmanager
async def bench_desk(folder: Path) -> AsyncIterator[BenchDesk]:
    """A desk of its own, ready and warm; its data are thrown away."""
    answers = Answers()
    home = folder / "desk"
    async with sink(answers) as (port, sink_pid):
        given = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "BLOB_URL", "PUBLIC_URL", "CRASH_AT", "KAFKA_TOPIC_PREFIX")
        told = {**dict.fromkeys(given, ""), "SMTP_URL": f"smtp://127.0.0.1:{port}"}
        running = start_desk(home, (), **told)
        try:
            run = await ready(running)
            connections = Connections(run.smtp.port, CONNECTIONS)
            desk = BenchDesk(running, run, sink_pid, answers, connections)
            await warm_up(desk)
            yield desk
            connections.close()
        finally:
            if not ended(running):
                await asyncio.to_thread(running.stop)
            shutil.rmtree(home, ignore_errors=True)


async def ready(desk: RunningDesk) -> Run:
    """Every process of the desk answers that it can do its work.

    Raises:
        RuntimeError: it has ended, or is not ready in three minutes.
    """
    try:
        async with asyncio.timeout(READY_SECONDS), httpx2.AsyncClient(timeout=2) as client:
            while True:
                with suppress(StackError, httpx2.HTTPError, OSError):
                    run = load_run(desk.home)
                    asked = [await client.get(f"{each.health_url}/readyz") for each in run.services]
                    if all(answer.status_code == 200 for answer in asked):
                        return run
                if ended(desk):
                    raise RuntimeError(f"the desk did not start: {desk.output[-2000:]}")
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise RuntimeError(f"the desk was not ready in {READY_SECONDS:.0f} s: {desk.output[-2000:]}") from error


async def warm_up(desk: BenchDesk) -> None:
    """A few mails have gone all the way.

    On a busy machine the first ones of a desk that has just started may be put off; then others follow.

    Raises:
        RuntimeError: each time one of them had no answer.
    """
    for turn in range(WARM_UPS):
        mails = [request("text", f"bench-warm{turn}-{n}", desk.mailbox, n) for n in range(WARM_UP_MAILS)]
        done = await play(mails, WARM_UP_RATE, desk.connections, desk.answers)
        if len(done.waits) == len(done.names):
            return
    raise RuntimeError(f"the desk does not answer: {done.told()}")


@asynccontextmanager
async def sink(answers: Answers) -> AsyncIterator[tuple[int, int]]:
    """A sink runs, and tells `answers`; its port and its pid."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.sink", str(port), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    reading = asyncio.create_task(_hear(process.stdout, answers))
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not await asyncio.to_thread(accepts, "127.0.0.1", port):  # noqa: ASYNC110 - another process is asked
                await asyncio.sleep(POLL_SECONDS)
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()
        await reading


async def _hear(lines: asyncio.StreamReader | None, answers: Answers) -> None:
    assert lines is not None
    while line := await lines.readline():
        at, recipients, names, message_id = json.loads(line)
        answers.arrived(Sunk(at, tuple(recipients), frozenset(names), message_id))
