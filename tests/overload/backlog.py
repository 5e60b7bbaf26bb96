"""A backlog and a consumer that was stopped: it drains as fast at the end as at first, in bounded memory.

Drained is what stands in the tables; that a group has an offset behind it says nothing of its work.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.console import Steps
from shared.contracts.topics import TOPICS
from shared.messaging.publish import publish
from tests.bench.stage_load import received
from tests.chaos.desk import ChaosDesk, Member, plan, running
from tests.chaos.servers import NotReadyError, until
from tests.overload.doors import ONE_OF_EACH
from tests.overload.memory import Memory, watched
from tests.overload.report import Part
from tests.overload.size import Size

TOPIC = "intake-messages"
AT_ONCE = 2_000
LOOK_SECONDS = 0.25
#: Of one stage; a backlog that takes longer than this is told as far as it came.
MOST_SECONDS = 330.0
TENTHS = 10
#: The slowest tenth beside the middle one.
LEAST_OF_MEDIAN = 0.6
MOST_GROWN_MIB = 150.0
#: Who drains after whom: each meets what the one before it said of the whole backlog.
STAGES = ("tickets", "gateway")
#: Of some received mails: those that became a message on an item, the messages, and the items.
_MADE = {
    "tickets": """select count(distinct m.receipt_id), count(*), count(distinct i.id)
        from tickets.message m join tickets.item i on i.id = m.item_id where m.receipt_id = any($1::uuid[])""",
    "gateway": """select count(distinct m.state->>'receipt_id'), count(*), count(distinct i.id)
        from gateway.message m join gateway.item i on i.id = m.item_id
        where (m.state->>'receipt_id')::uuid = any($1::uuid[])""",
}


async def backlog(size: Size, steps: Steps) -> list[Part]:
    """So many mails wait for tickets, then all that tickets said of them waits for the read model."""
    part = Part("backlog")
    async with running(plan(size.home / part.name, replicas=ONE_OF_EACH), steps) as desk:
        await stop_all(desk)
        with steps.step(f"{size.events} records on {TOPIC}"):
            receipts = await fill(desk.bootstrap, size.events)
        for service in STAGES:
            with steps.step(f"{service} drains"):
                await drain(desk, desk.of(service)[0], part)
                await judge_made(part, desk.admin_url, service, receipts)
    return [part]


async def stop_all(desk: ChaosDesk) -> None:
    """No service runs, and none of them will go through a proxy any more: its work is not the desk's."""
    for member in desk.members.values():
        member.expected = False
        member.kill()
        await member.gone()
        member.environment |= {
            "KAFKA_BOOTSTRAP_SERVERS": desk.bootstrap,
            "DATABASE_URL": desk.database_urls[member.replica.service],
        }


async def fill(bootstrap: str, count: int) -> list[UUID]:
    """So many received mails are on the log, as intake publishes them; returns their receipts."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        mails = list(received(count, seed=7))
        rows = [(TOPIC, each.key, each.value, each.headers) for each in mails]
        for first in range(0, count, AT_ONCE):
            await publish(producer, rows[first : first + AT_ONCE])
        return [each.receipt_id for each in mails]
    finally:
        await producer.stop()


async def drain(desk: ChaosDesk, member: Member, part: Part) -> None:
    """A service works its backlog off; the time of each tenth of it, and the memory of all that work on it."""
    service = member.replica.service
    async with Lag(desk.bootstrap, service) as lag:
        total = await lag.waiting()
        member.start()
        await desk.ready()

        def pids() -> dict[str, int | None]:
            servers = {"Kafka": desk.broker.server, service: member.server}
            return {name: server.pid if server else None for name, server in servers.items()}

        def servers() -> dict[str, int | None]:
            return {"PostgreSQL": desk.database.server.pid if desk.database.server else None}

        async with watched(pids, servers) as memory:
            seen = await _until_drained(lag, total)
            await _until_published(desk, service)
            published = time.monotonic()
        await _stop(member)
    _judge(part, service, total, seen, memory)
    part.figures[f"{service}, {total} records"]["seconds until all that it said was published"] = round(
        published - seen[0][0], 1
    )


async def judge_made(part: Part, url: str, service: str, receipts: Sequence[UUID]) -> None:
    """Each received mail is one message on an item of its own, in a service's tables."""
    connection = await asyncpg.connect(url)
    try:
        ((mails, messages, items),) = await connection.fetch(_MADE[service], receipts)
    finally:
        await connection.close()
    part.figures[f"what {service} made of {len(receipts)} mails"] = {"messages": messages, "items": items}
    made = f"{service}: of {len(receipts)} mails {mails} became messages, {messages} messages on {items} items"
    part.promise(mails == messages == items == len(receipts), made)


async def _until_drained(lag: "Lag", total: int) -> list[tuple[float, int]]:
    """How much was done at which moment, until all is or the time is over."""
    seen = [(time.monotonic(), total - await lag.waiting())]
    while seen[-1][1] < total and seen[-1][0] < seen[0][0] + MOST_SECONDS:
        await asyncio.sleep(LOOK_SECONDS)
        seen.append((time.monotonic(), total - await lag.waiting()))
    return seen


async def _until_published(desk: ChaosDesk, service: str) -> None:
    """What the service said of the backlog is on the log."""
    connection = await asyncpg.connect(desk.admin_url)
    try:

        async def published() -> bool:
            return not await connection.fetchval(f"select exists (select from {service}.outbox)")  # noqa: S608 - ours

        await until(published, f"the outbox of {service} to be empty", MOST_SECONDS)
    finally:
        await connection.close()


async def _stop(member: Member) -> None:
    """It has ended in good order."""
    member.expected = False
    if member.server is not None:
        member.server.ask_to_stop()
    if not await member.gone():
        raise NotReadyError(f"{member.label} does not end")


def _judge(part: Part, service: str, total: int, seen: list[tuple[float, int]], memory: Memory) -> None:
    seconds, done = seen[-1][0] - seen[0][0], seen[-1][1] - seen[0][1]
    rates = tenth_rates(seen)
    part.figures[f"{service}, {total} records"] = {
        "drained": done,
        "seconds": round(seconds, 1),
        "a second": round(done / seconds),
        "a second by tenth": [round(rate) for rate in rates],
        "slowest tenth beside the middle": round(min(rates) / median(rates), 2),
        "first tenth beside the last": round(rates[0] / rates[-1], 2),
        "MiB": memory.told(),
    }
    part.promise_in_time(seen[-1][1] >= total, f"{service}: {total - seen[-1][1]} records were left")
    even = min(rates) / median(rates)
    part.promise_in_time(even >= LEAST_OF_MEDIAN, f"{service}: its slowest tenth was {even:.2f} of the middle one")
    grown = memory.grown(service)
    part.promise(grown <= MOST_GROWN_MIB, f"{service} grew by {grown:.0f} MiB, more than {MOST_GROWN_MIB:.0f}")


def tenth_rates(seen: Sequence[tuple[float, int]]) -> list[float]:
    """The rate of each tenth of what was done, by looks at (moment, done so far) in order."""
    first, last = seen[0][1], seen[-1][1]
    ends = [seen[0][0]]
    for tenth in range(1, TENTHS + 1):
        wanted = first + (last - first) * tenth / TENTHS
        index = next(i for i, (_, done) in enumerate(seen) if done >= wanted)
        (before, less), (after, more) = seen[max(0, index - 1)], seen[index]
        share = (wanted - less) / (more - less) if more > less else 1.0
        ends.append(before + (after - before) * share)
    amount = (last - first) / TENTHS
    return [amount / max(1e-9, end - begin) for begin, end in pairwise(ends)]


class Lag:
    """How many records wait for a group, asked cheaply and often."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
        self._group = group
        self._ends: Mapping[TopicPartition, int] = {}

    async def __aenter__(self) -> "Lag":
        await self._admin.start()
        await self._consumer.start()
        topics = [topic.name for topic in TOPICS.values() if self._group in topic.readers]
        described = await self._admin.describe_topics(topics)
        places = [TopicPartition(each["topic"], p["partition"]) for each in described for p in each["partitions"]]
        self._ends = await self._consumer.end_offsets(places)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def waiting(self) -> int:
        """Records that waited when this was opened, and do so still."""
        committed = await self._admin.list_consumer_group_offsets(self._group)
        done = {place: max(0, found.offset) for place, found in committed.items()}
        return sum(max(0, end - done.get(place, 0)) for place, end in self._ends.items())
