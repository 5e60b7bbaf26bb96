"""Each fault is one line of evidence, and one that found nothing says so."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.process import Server, start_server
from tests.chaos.checker.gather import read_faults
from tests.chaos.checker.seen import Fault
from tests.chaos.desk import ChaosDesk, Member, plan
from tests.chaos.evidence import Journal
from tests.chaos.faults import Faults
from tests.chaos.proxy import Proxy
from tests.chaos.schedule import SERVICES, Planned
from tests.chaos.servers import Database
from tests.chaos.sinks import Sink
from tests.support.waiting import eventually

SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]
LINK = "notifier-1.smtp"


@dataclass
class Sleeping(Member):
    """A replica that does nothing but run."""

    def start(self, **more: str) -> None:
        self.server = start_server(self.label, SLEEPER, self.log_file, environment=more)
        self.expected = True


@dataclass
class Backends(Database):
    """A database that has a backend when it is asked so often."""

    asked: list[str] = field(default_factory=list)
    there_at: int = 3

    def kill_backend(self, role: str) -> bool:
        self.asked.append(role)
        return len(self.asked) == self.there_at


class Ready(ChaosDesk):
    """A desk whose replicas are ready at once."""

    async def ready(self, seconds: float = 0.0) -> None:
        return


@dataclass
class Trial:
    """A desk that does not run, with faults to carry out on it."""

    desk: ChaosDesk
    database: Backends
    faults: Faults
    path: Path

    @property
    def link(self) -> Proxy:
        return self.desk.links[LINK]

    async def carry_out(self, kind: str, draw: float = 0.0) -> list[Fault]:
        """A fault that lasts for no time; returns what is written of it."""
        await self.faults.carry_out(Planned(0.0, kind, 0.0, draw))
        return read_faults(self.path)[0]


@pytest_asyncio.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    made = plan(tmp_path / "desk")
    members = {label: Sleeping(**vars(member)) for label, member in made.members.items()}
    database = Backends(made.database.plan)
    desk = Ready(**{**vars(made), "members": members, "database": database})
    sink, path = Sink(tmp_path / "mails.jsonl"), tmp_path / "faults.jsonl"
    await sink.start()
    desk.send_mail_to(sink.port)
    with Journal(path) as journal:
        yield Trial(desk, database, Faults(desk, sink, journal, lambda _: None, backend_seconds=0.5), path)
    await sink.stop()
    for member in members.values():
        member.kill()
        await member.gone()
    await desk.links[LINK].stop()


def of(faults: list[Fault]) -> list[tuple[str, bool | None]]:
    return [(fault.target, fault.had_effect) for fault in faults]


async def test_backend_is_looked_for_until_there_is_one(trial: Trial) -> None:
    """While its server starts again a role has no backend; the fault waits for one."""
    found = await trial.carry_out("kill-backend", draw=SERVICES.index("notifier") / len(SERVICES) + 0.01)
    assert of(found) == [("notifier backend", True)]
    assert trial.database.asked == ["notifier"] * 3


async def test_backend_that_never_comes_is_no_fault(trial: Trial) -> None:
    """Where none was there in all the time, nothing was killed, and that is what the evidence says."""
    trial.database.there_at = 0
    assert of(await trial.carry_out("kill-backend")) == [("intake backend", False)]


def test_server_that_has_ended_has_no_backends(tmp_path: Path) -> None:
    """A database that is away is no error of whoever looks for a backend."""
    server = start_server("none", ["true"], tmp_path / "log")
    server.process.wait()
    made = plan(tmp_path / "desk").database
    made.server = server
    assert made.kill_backend("tickets") is False
    assert made.kill() is False
    assert made.kill_backend("tickets") is False


async def test_replicas_restarted_one_by_one_are_one_fault(trial: Trial) -> None:
    """It is one fault however many replicas a service has, on the service."""
    for member in trial.desk.of("intake"):
        member.start()
    before = [member.server for member in trial.desk.of("intake")]
    assert of(await trial.carry_out("rolling-restart")) == [("intake", True)]
    after = [member.server for member in trial.desk.of("intake")]
    assert all(isinstance(old, Server) and old.process.poll() is not None for old in before)
    assert all(isinstance(new, Server) and new.process.poll() is None for new in after)


async def test_process_that_does_not_run_cannot_be_killed(trial: Trial) -> None:
    """The first kill finds no process, the second the one that was started then."""
    assert of(await trial.carry_out("kill-intake")) == [("intake-1", False)]
    assert of(await trial.carry_out("kill-intake"))[1:] == [("intake-1", True)]


@pytest.mark.parametrize(
    ("kind", "idle", "busy"),
    [
        ("link-reset", False, True),
        ("link-refuse", None, True),
        ("link-swallow", False, False),
        ("sink-refuse", False, True),
        ("sink-swallow", False, False),
        ("sink-451", False, False),
    ],
)
async def test_fault_of_a_link_or_sink_counts_where_it_met_a_client(
    trial: Trial, kind: str, *, idle: bool | None, busy: bool
) -> None:
    """Without a client nothing is spoilt; an open one is cut off, and one that asks for nothing loses no answer."""
    names = sorted(trial.desk.links)
    draw = (names.index(LINK) + 0.5) / len(names)
    await trial.link.start()
    assert [met for _, met in of(await trial.carry_out(kind, draw))] == [idle]
    reader, writer = await asyncio.open_connection("127.0.0.1", trial.link.port)
    assert (await reader.readline()).startswith(b"220")
    assert [met for _, met in of(await trial.carry_out(kind, draw))][1:] == [busy]
    writer.close()


async def test_client_that_finds_no_mail_server_is_seen(trial: Trial) -> None:
    """A sink that refuses sees nobody; the link to it does."""
    await trial.link.start()
    refusing = asyncio.create_task(trial.faults.carry_out(Planned(0.0, "sink-refuse", 2.0, 0.0)))

    async def refused() -> bool:
        _, writer = await asyncio.open_connection("127.0.0.1", trial.link.port)
        writer.close()
        return trial.link.unreached > 0

    await eventually(refused, "a client that finds nobody")
    await refusing
    assert of(read_faults(trial.path)[0]) == [("sink", True)]
