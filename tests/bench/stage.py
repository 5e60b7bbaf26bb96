"""How many tickets a second the stage makes on this machine, beside a bare loop that writes the same.

Mails lie on `intake-messages`; measured is the time until each is an item in the database, its facts and snapshots
are on the log, and nothing waits in the outbox. The real `python -m services.tickets` and the bare loop take turns in
one run, each as one process on the same broker and database, with topics and tables of its own each time.
"""

import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.messaging.kafka import MAX_RECORDS
from tests.bench.batches import Batches, batches_after, told
from tests.bench.place import PARTITIONS, Place, place, running
from tests.bench.servers import Servers
from tests.bench.stage_load import received
from tests.bench.stage_template import make_template
from tests.support.servers import Templates
from tests.support.waiting import eventually

POLL_SECONDS = 0.02
LIMIT_SECONDS = 300.0
WARM_UP = 1000
TOPICS_OF_STAGE = ("intake-messages", "tickets-")
#: One fact, one answer and three snapshots; nearly every customer is known after the warm-up.
RECORDS_PER_TICKET = 5
MADE = "select count(*) from item where number > $1"
WAITING = "select exists (select from outbox)"
WRITTEN = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"


class Watch:
    """Sees from outside how far a process is."""

    def __init__(self, where: Place) -> None:
        self._where = where
        self._database: Any = None
        self._before = 0
        self._consumer = AIOKafkaConsumer(bootstrap_servers=where.settings.kafka_bootstrap_servers)

    async def __aenter__(self) -> "Watch":
        self._database = await asyncpg.connect(self._where.url)
        self._before = await self._database.fetchval("select coalesce(max(number), 0) from item")
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._database.close()

    async def records(self) -> int:
        """What stands on the topics that the stage writes."""
        names = [self._where.prefix + name for name in ("tickets-events", "tickets-state")]
        places = [TopicPartition(name, p) for name in names for p in range(self._where.settings.kafka_partitions)]
        return sum((await self._consumer.end_offsets(places)).values())

    async def written(self) -> int:
        """Bytes of write-ahead log that the server has ever written."""
        return int(await self._database.fetchval(WRITTEN))

    async def until(self, items: int, records: int) -> None:
        """So many new items are committed, at least so many records published, and nothing waits to be.

        Raises:
            TimeoutError: it takes longer than five minutes.
        """
        async with asyncio.timeout(LIMIT_SECONDS):
            while not await self._is_done(items, records):  # noqa: ASYNC110 - the rows of another process are looked at
                await asyncio.sleep(POLL_SECONDS)

    async def _is_done(self, items: int, records: int) -> bool:
        if await self._database.fetchval(MADE, self._before) < items:
            return False
        return not await self._database.fetchval(WAITING) and await self.records() >= records


@dataclass(frozen=True)
class Taken:
    """One round of one of the two; `log_kib` of write-ahead log a ticket, `batches` in which it took the mails."""

    per_second: float
    cpu_seconds: float
    log_kib: float
    batches: Batches


async def measure(where: Place, command: list[str], log: Path, count: int, seed: int, warm_up: int = WARM_UP) -> Taken:
    """Tickets a second of a process that has started and warmed up before the clock does.

    The mails are put on the log while it is stopped, so that sending them takes nothing from it.
    """
    warm, load = list(received(warm_up, seed * 2 + 1)), list(received(count, seed * 2))
    producer = AIOKafkaProducer(
        bootstrap_servers=where.settings.kafka_bootstrap_servers, enable_idempotence=True, acks="all"
    )
    await producer.start()

    async def send(records: list[Any]) -> None:
        topic = f"{where.prefix}intake-messages"
        answers = [await producer.send(topic, r.value, r.key, headers=list(r.headers)) for r in records]
        await asyncio.gather(*answers)

    environment = where.environment(TICKETS_ADMIN_ADDRESS="admin@desk.example", LOG_FORMAT="json", LOG_LEVEL="INFO")
    async with (
        Watch(where) as watch,
        running(command, environment, log) as process,
    ):
        await send(warm)
        await watch.until(warm_up, 0)
        before, cpu, written = await watch.records(), sum(process.cpu_times()[:2]), await watch.written()
        told_before = await all_told(log, warm_up)
        process.suspend()
        await send(load)
        started = time.perf_counter()
        process.resume()
        await watch.until(warm_up + count, before + RECORDS_PER_TICKET * count)
        seconds = time.perf_counter() - started
        cpu, written = sum(process.cpu_times()[:2]) - cpu, await watch.written() - written
    await producer.stop()
    batches = await asyncio.to_thread(batches_after, log, told_before)
    return Taken(count / seconds, cpu, written / 1024 / count, batches)


async def all_told(log: Path, mails: int) -> int:
    """Its log has told of so many mails, all that its program has; how long it is."""

    async def enough() -> bool:
        return (await asyncio.to_thread(batches_after, log, 0)).records >= mails

    await eventually(enough, f"the log's lines of {mails} mails", LIMIT_SECONDS)
    return (await asyncio.to_thread(log.stat)).st_size


async def rounds(where: Servers, folder: Path, count: int, turns: int) -> dict[str, list[Taken]]:
    """The two take turns."""
    templates = Templates(where.database)
    found: dict[str, list[Taken]] = {"tickets": [], "bare": []}
    try:
        template = folder / "template.json"
        async with place(where, templates, folder, "tickets", TOPICS_OF_STAGE) as first:
            template.write_text(json.dumps(await make_template(first.url)))
        for turn in range(turns):
            for name in ("tickets", "bare") if turn % 2 == 0 else ("bare", "tickets"):
                async with place(where, templates, folder, "tickets", TOPICS_OF_STAGE) as here:
                    bare = ["-m", "tests.bench.stage_bare", where.kafka, here.prefix, here.url, str(template)]
                    command = ["-m", "services.tickets"] if name == "tickets" else bare
                    taken = await measure(here, command, folder / f"{name}-{turn}.log", count, turn)
                found[name].append(taken)
                sys.stderr.write(
                    f"round {turn + 1} {name}: {taken.per_second:.0f}/s, {taken.cpu_seconds:.1f} s of CPU,"
                    f" {taken.batches.mean:.0f} records a batch\n"
                )
    finally:
        for name in templates.made.values():
            await templates.drop(name)
    return found


async def measure_stage(where: Servers, folder: Path, count: int, turns: int) -> dict[str, Any]:
    """Both rates, and what the stage reaches of the bare loop's, as the median of the rounds."""
    found = await rounds(where, folder, count, turns)
    ratios = [t.per_second / b.per_second for t, b in zip(found["tickets"], found["bare"], strict=True)]
    batches = {name: told(each.batches for each in taken) for name, taken in found.items()}
    return {
        "tickets_per_second": round(statistics.median(t.per_second for t in found["tickets"])),
        "bare_per_second": round(statistics.median(b.per_second for b in found["bare"])),
        "ratio_to_bare_loop": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "cpu_milliseconds_per_ticket": {
            name: round(1000 * statistics.median(t.cpu_seconds for t in taken) / count, 3)
            for name, taken in found.items()
        },
        "records_in_batches": batches,
        "method": (
            f"{turns} rounds of {count} mails for each of the two, in turn, after {WARM_UP} to warm up; one process,"
            f" {PARTITIONS} partitions; batches of at most {MAX_RECORDS} records for both, of"
            f" {batches['tickets']['mean_batch']:g} in the mean for the stage and of {batches['bare']['mean_batch']:g}"
            " for the bare loop; broker, database and watching on the same processors"
        ),
    }
