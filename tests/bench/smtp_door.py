"""How many mails a second the door takes, beside aiosmtpd with a handler that fsyncs each mail to a file.

The real `python -m services.intake` and the bare program take turns, each as one process, with the same clients. The
door is measured twice: with its reading children held, so that the answer alone is seen, and while they read what the
door takes, on the same processors. Clients that wait for each answer before they send again spare a door that is slow;
so answer times are told of a load, too, that comes at its own pace, far below the highest.
"""

import asyncio
import os
import shutil
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import uvloop
from aiokafka import AIOKafkaProducer

from deploy.local.process import accepts, free_port
from shared.contracts.envelope import Envelope
from shared.contracts.state import MailboxState
from shared.ids import new_id
from tests.bench.mails import Mail, request
from tests.bench.pace import hand_over
from tests.bench.place import Place, place, running
from tests.bench.servers import Servers
from tests.bench.smtp_client import Connections
from tests.bench.waits import in_milliseconds, milliseconds
from tests.support.servers import Templates
from tests.support.waiting import eventually

Json = dict[str, Any]
CLIENTS = 16
SECONDS = 3.0
WARM_UP_MAILS = 200
START_SECONDS = 60.0
DRAIN_SECONDS = 120.0
MAILBOX = "support@desk.example"
TOPICS_OF_INTAKE = ("intake-", "tickets-setup")
NAMES = ("door", "door_while_reading", "bare")
#: RELIABILITY, S12: the answer time at fifty mails a second that come whether or not those before are answered.
OPEN_RATE = 50.0
OPEN_SECONDS = 15.0
OPEN_CONNECTIONS = 48


@dataclass(frozen=True)
class Taken:
    """One round of one of them."""

    per_second: float
    waits: list[float]
    cpu_seconds: float


@dataclass(frozen=True)
class Found:
    """All rounds.

    Attributes:
        taken: rounds by name.
        open_loop: seconds that mails at a steady rate waited for the door's and for the bare program's answer.
    """

    taken: dict[str, list[Taken]] = field(default_factory=lambda: {name: [] for name in NAMES})
    open_loop: dict[str, list[float]] = field(default_factory=dict)


class Clients:
    """Mail servers that each hand over one mail after another, as fast as they are taken, or at a pace of their own."""

    def __init__(self, port: int, numbers: Iterator[int]) -> None:
        self._connections = Connections(port, CLIENTS)
        self._open_connections = Connections(port, OPEN_CONNECTIONS)
        self._numbers = numbers

    async def send(self, mails: int) -> None:
        """So many mails are taken."""
        for _ in range(mails):
            await self._one()

    def _mail(self) -> Mail:
        number = next(self._numbers)
        return request("text", f"bench-door-{number}", MAILBOX, number)

    async def at_a_pace(self, rate: float, seconds: float) -> list[float]:
        """Seconds that each mail waited for its 250, from the moment due; as `hand_over` tells them."""
        mails = [self._mail() for _ in range(int(rate * seconds))]
        return await hand_over(mails, rate, self._open_connections)

    async def _one(self) -> float:
        mail = self._mail()
        began = time.perf_counter()
        await self._connections.send(mail.sender, mail.recipient, mail.raw)
        return time.perf_counter() - began

    async def for_seconds(self, seconds: float, process: psutil.Process) -> Taken:
        """All of them at once, until the time is over; every mail that was begun is taken."""
        waits, cpu, began = list[float](), sum(process.cpu_times()[:2]), time.perf_counter()

        async def client() -> None:
            while time.perf_counter() - began < seconds:
                waits.append(await self._one())

        async with asyncio.TaskGroup() as clients:
            for _ in range(CLIENTS):
                clients.create_task(client())
        spent = time.perf_counter() - began
        return Taken(len(waits) / spent, waits, (sum(process.cpu_times()[:2]) - cpu) / len(waits))

    def close(self) -> None:
        self._connections.close()
        self._open_connections.close()


@contextmanager
def held(processes: list[psutil.Process]) -> Iterator[None]:
    """They stand still."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def door(where: Place, numbers: Iterator[int]) -> AsyncIterator[tuple[Clients, psutil.Process, Any]]:
    """intake runs, knows a mailbox, and has taken a few mails; its clients, its process, its database."""
    port = free_port()
    await tell_mailbox(where)
    environment = where.environment(INTAKE_SMTP_PORT=str(port), LOG_FORMAT="json")
    async with running(["-m", "services.intake"], environment, where.folder / "intake.log") as process:
        database = await asyncpg.connect(where.url)
        await eventually(
            lambda: database.fetchval("select exists (select from reference where kind = 'mailbox')"),
            "the mailbox",
            START_SECONDS,
        )
        await opened(port)
        clients = Clients(port, numbers)
        await clients.send(WARM_UP_MAILS)
        await entered(database, WARM_UP_MAILS)
        yield clients, process, database
        clients.close()
        await database.close()


@asynccontextmanager
async def bare(folder: Path, numbers: Iterator[int]) -> AsyncIterator[tuple[Clients, psutil.Process]]:
    """The bare program runs and has taken a few mails."""
    port, mails = free_port(), folder / "bare"
    mails.mkdir()
    command = ["-m", "tests.bench.smtp_bare", str(port), str(mails)]
    async with running(command, dict(os.environ), folder / "bare.log") as process:
        await opened(port)
        clients = Clients(port, numbers)
        await clients.send(WARM_UP_MAILS)
        yield clients, process
        clients.close()
    shutil.rmtree(mails)


async def opened(port: int) -> None:
    """Somebody listens there."""
    await eventually(lambda: asyncio.to_thread(accepts, "127.0.0.1", port), f"port {port}", START_SECONDS)


async def entered(database: Any, receipts: int) -> None:
    """So many mails are read and in the ledger."""

    async def enough() -> bool:
        return bool(await database.fetchval("select count(*) from receipt") >= receipts)

    await eventually(enough, f"{receipts} receipts", DRAIN_SECONDS)


async def tell_mailbox(where: Place) -> None:
    """intake will hear of the mailbox as if tickets had told it."""
    state = MailboxState(version=1, key="support", address=MAILBOX, label="Support", type="request")
    identity = new_id()
    envelope = Envelope(
        id=identity,
        type="deskstream.state.mailbox.v1",
        source="/deskstream/tickets",
        time=datetime.now(UTC),
        subject=state.state_key(),
        correlationid=identity,
        actor="system:tickets",
        traceparent=f"00-{identity.hex}-{identity.hex[16:]}-01",
    )
    producer = AIOKafkaProducer(bootstrap_servers=where.settings.kafka_bootstrap_servers, acks="all")
    await producer.start()
    value, key = state.model_dump_json().encode(), state.state_key().encode()
    headers = list(envelope.to_headers())
    await producer.send_and_wait(f"{where.prefix}tickets-setup", value, key, headers=headers)
    await producer.stop()


async def rounds(where: Servers, folder: Path, turns: int) -> Found:
    """They take turns; what the door took is read before anybody else's turn."""
    templates, numbers, found = Templates(where.database), count(), Found()
    try:
        async with (
            place(where, templates, folder, "intake", TOPICS_OF_INTAKE) as here,
            door(here, numbers) as (at_door, intake, database),
            bare(folder, numbers) as (at_bare, program),
        ):
            taken = WARM_UP_MAILS
            for turn in range(turns):
                for name in NAMES if turn % 2 == 0 else reversed(NAMES):
                    if name == "bare":
                        one = await at_bare.for_seconds(SECONDS, program)
                    else:
                        with held(intake.children(recursive=True) if name == "door" else []):
                            one = await at_door.for_seconds(SECONDS, intake)
                        taken += len(one.waits)
                        await entered(database, taken)
                    found.taken[name].append(one)
                    sys.stderr.write(f"  round {turn + 1} {name}: {one.per_second:.0f}/s\n")
            for name, clients in (("door", at_door), ("bare", at_bare)):
                found.open_loop[name] = await clients.at_a_pace(OPEN_RATE, OPEN_SECONDS)
                sys.stderr.write(f"  {OPEN_RATE:g}/s {name}: {in_milliseconds(found.open_loop[name])}\n")
    finally:
        for name in templates.made.values():
            await templates.drop(name)
    return found


def measure_smtp_door(where: Servers, folder: Path, turns: int) -> Json:
    """Rates and waits of both, and what the door reaches of the bare program's rate, as the median of the rounds."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(rounds(where, folder, turns))
    told: Json = {}
    for name, taken in found.taken.items():
        waits = [wait for one in taken for wait in one.waits]
        told[name] = {
            "accepted_per_second": round(statistics.median(one.per_second for one in taken)),
            "p50_ms": milliseconds(waits, 0.5, 2),
            "p99_ms": milliseconds(waits, 0.99, 2),
            "cpu_ms_a_mail": round(1000 * statistics.median(one.cpu_seconds for one in taken), 3),
        }
    ratios = [d.per_second / b.per_second for d, b in zip(found.taken["door"], found.taken["bare"], strict=True)]
    return {
        "door_accepted_per_second": told["door"]["accepted_per_second"],
        "door_ratio_to_bare": round(statistics.median(ratios), 3),
        "door_ratios": [round(ratio, 3) for ratio in ratios],
        "door_open_loop_p50_ms": milliseconds(found.open_loop["door"], 0.5),
        "door_open_loop_p99_ms": milliseconds(found.open_loop["door"], 0.99),
        "programs": told,
        "open_loop": {name: in_milliseconds(waits) for name, waits in found.open_loop.items()},
        "method": (
            f"{turns} rounds of {SECONDS:g} s each, in turn, {CLIENTS} clients with kept connections and pipelined"
            " commands, mails of 2 kB, each by a sender of its own; door: the reading children held still;"
            " door_while_reading: they read what it takes; bare: aiosmtpd with a file and an fsync a mail;"
            f" open loop: {OPEN_RATE:g} mails a second for {OPEN_SECONDS:g} s, evenly spaced, whether or not those"
            " before are answered, while the children read; waits for the 250 from the moment due, a mail that is"
            " refused counts as the longest wait"
        ),
    }
