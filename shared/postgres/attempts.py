"""Records counted before they are tried, so that one that kills the process is known after the restart.

Only the first batch after an assignment is noted: what killed a predecessor stands at the head of its partition.
"""

from collections.abc import Sequence

from shared.postgres.pool import Connection

Place = tuple[str, int, int]

_KNOWN = """
select a.topic, a.partition, a.record_offset, a.attempts
from attempt a join unnest($2::text[], $3::int[]) as p(topic, partition)
    on a.topic = p.topic and a.partition = p.partition
where a.consumer = $1
"""

_NOTE = """
insert into attempt (consumer, topic, partition, record_offset)
select $1, * from unnest($2::text[], $3::int[], $4::bigint[])
on conflict do nothing
"""

_COUNT = """
insert into attempt (consumer, topic, partition, record_offset)
select $1, * from unnest($2::text[], $3::int[], $4::bigint[])
on conflict (consumer, topic, partition, record_offset) do update set attempts = attempt.attempts + 1
returning attempts
"""

_FORGET = """
delete from attempt a using unnest($2::text[], $3::int[], $4::bigint[]) as d(topic, partition, record_offset)
where a.consumer = $1 and a.topic = d.topic and a.partition = d.partition and a.record_offset <= d.record_offset
"""


async def known(connection: Connection, consumer: str, partitions: Sequence[tuple[str, int]]) -> dict[Place, int]:
    """The records of these partitions that were about to be tried and never finished, and how often."""
    topics, numbers = [topic for topic, _ in partitions], [number for _, number in partitions]
    rows = await connection.fetch(_KNOWN, consumer, topics, numbers)
    return {(row["topic"], row["partition"], row["record_offset"]): row["attempts"] for row in rows}


async def note(connection: Connection, consumer: str, places: Sequence[Place]) -> None:
    """These records are about to be tried; one that was noted before keeps its count."""
    await connection.execute(_NOTE, consumer, *_columns(places))


async def count(connection: Connection, consumer: str, places: Sequence[Place]) -> int:
    """Count one more try of each of these; returns the most that one of them has with it."""
    return max(int(row["attempts"]) for row in await connection.fetch(_COUNT, consumer, *_columns(places)))


async def forget(connection: Connection, consumer: str, passed: Sequence[Place]) -> None:
    """Of each of these partitions, the records up to this offset are over."""
    await connection.execute(_FORGET, consumer, *_columns(passed))


def _columns(places: Sequence[Place]) -> tuple[list[str], list[int], list[int]]:
    in_order = sorted(places)  # so that two processes that count the same never wait for each other in a ring
    return [p[0] for p in in_order], [p[1] for p in in_order], [p[2] for p in in_order]
