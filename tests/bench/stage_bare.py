"""The measure: aiokafka and asyncpg alone, in the shape of the stage, with nothing of the stage's meaning.

For each mail it writes the rows that tickets writes (inbox, item, message, step, Message-ID, customer) and publishes
the records that tickets publishes, of the same sizes: templates of one ticket that the real code has made, with the
ids put in. It decides nothing, knows no contract, and publishes from memory what the stage relays from its outbox. Its
batches have the services' own limit, and it says a line of each: how many records it had.

``python -m tests.bench.stage_bare BOOTSTRAP PREFIX DATABASE_URL TEMPLATE`` runs until it is stopped.
"""

import asyncio
import json
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.messaging.kafka import MAX_RECORDS
from tests.bench.batches import BARE


@dataclass(frozen=True)
class Template:
    """One ticket as rows and records; `ids` are the strings that differ from ticket to ticket."""

    ids: dict[str, str]
    states: dict[str, str]
    records: list[tuple[str, str, str, list[tuple[str, str]]]]

    @classmethod
    def read(cls, path: Path) -> "Template":
        found = json.loads(path.read_text())
        records = [(t, k, v, [(n, h) for n, h in headers]) for t, k, v, headers in found["records"]]
        return cls(found["ids"], found["states"], records)


class Ticket:
    """The rows and records of one mail."""

    def __init__(self, template: Template, record: Any) -> None:
        mail = json.loads(record.value)
        self.receipt = mail["receipt_id"]
        self.message_id = mail["message_id"]
        self.sender = mail["sender"]["address"]
        self.item, self.message = str(uuid4()), str(uuid4())
        ids = template.ids
        self._pairs = ((ids["item"], self.item), (ids["message"], self.message), (ids["receipt"], self.receipt))
        self.states = {name: self._filled(state) for name, state in template.states.items()}
        self.records = [
            (
                topic,
                self._filled(key).encode(),
                self._filled(value).encode(),
                [(n, self._filled(h).encode()) for n, h in headers],
            )
            for topic, key, value, headers in template.records
        ]

    def _filled(self, text: str) -> str:
        for old, new in self._pairs:
            text = text.replace(old, new)
        return text


async def write(connection: Any, tickets: list[Ticket]) -> None:
    """One transaction for the batch."""
    async with connection.transaction():
        await connection.fetch(
            "insert into inbox (consumer, message_id) select 'bare', unnest($1::uuid[])"
            " on conflict do nothing returning message_id",
            sorted(UUID(t.receipt) for t in tickets),
        )
        people = sorted({t.sender for t in tickets})
        await connection.execute(
            "insert into person (id, address, version, state)"
            " select gen_random_uuid(), a, 1, $2::jsonb from unnest($1::text[]) a on conflict do nothing",
            people,
            tickets[0].states["person"],
        )
        numbers = await connection.fetch(
            "select nextval('item_number') as n from generate_series(1, $1::int)", len(tickets)
        )
        await connection.execute(
            "insert into item (id, number, type, status, version, state)"
            " select i, n, 'request', 'new', 1, s from unnest($1::uuid[], $2::bigint[], $3::jsonb[]) as r(i, n, s)",
            [UUID(t.item) for t in tickets],
            [row["n"] for row in numbers],
            [t.states["item"] for t in tickets],
        )
        await connection.execute(
            "insert into message (id, item_id, receipt_id, public, prefix, version, state)"
            " select m, i, r, true, left(m::text, 20), 1, s"
            " from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::jsonb[]) as n(m, i, r, s)",
            [UUID(t.message) for t in tickets],
            [UUID(t.item) for t in tickets],
            [UUID(t.receipt) for t in tickets],
            [t.states["message"] for t in tickets],
        )
        await connection.execute(
            "insert into item_change (item_id, version, state)"
            " select i, 1, s from unnest($1::uuid[], $2::jsonb[]) as n(i, s)",
            [UUID(t.item) for t in tickets],
            [t.states["change"] for t in tickets],
        )
        await connection.execute(
            "insert into message_ids (id, item_id) select * from unnest($1::text[], $2::uuid[]) on conflict do nothing",
            [t.message_id for t in tickets],
            [UUID(t.item) for t in tickets],
        )


async def run(bootstrap: str, prefix: str, url: str, template: Template) -> None:
    pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
    consumer = AIOKafkaConsumer(
        f"{prefix}intake-messages",
        bootstrap_servers=bootstrap,
        group_id=f"{prefix}bare",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=131_072
    )
    await consumer.start()
    await producer.start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    while not stopping.is_set():
        found: dict[TopicPartition, list[Any]] = await consumer.getmany(timeout_ms=500, max_records=MAX_RECORDS)
        tickets = [Ticket(template, record) for records in found.values() for record in records]
        if not tickets:
            continue
        async with pool.acquire() as connection:
            await write(connection, tickets)
        answers = [
            await producer.send(prefix + topic, value, key, headers=headers)
            for ticket in tickets
            for topic, key, value, headers in ticket.records
        ]
        await asyncio.gather(*answers)
        await consumer.commit({tp: records[-1].offset + 1 for tp, records in found.items()})
        sys.stderr.write(json.dumps({"event": BARE, "batch": len(tickets)}) + "\n")
    await consumer.stop()
    await producer.stop()
    await pool.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(sys.argv[1], sys.argv[2], sys.argv[3], Template.read(Path(sys.argv[4]))))
