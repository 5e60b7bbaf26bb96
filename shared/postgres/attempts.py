"""Records counted before they are tried, so that one that kills the process is known after the restart.

Only the first batch after an assignment is counted: what killed a predecessor stands at the head of its partition.
"""

from collections.abc import Sequence

from shared.postgres.pool import Connection

Place = tuple[str, int, int]

_HEADS = """
insert into attempt (consumer, topic, partition, record_offset)
select $1, * from unnest($2::text[], $3::int[], $4::bigint[])
on conflict (consumer, topic, partition, record_offset) do update set attempts = attempt.attempts
returning topic, partition, record_offset, (xmax <> 0) as known
"""

_ONE = """
insert into attempt (consumer, topic, partition, record_offset) values ($1, $2, $3, $4)
on conflict (consumer, topic, partition, record_offset) do update set attempts = attempt.attempts + 1
returning attempts
"""

_FORGET = """
delete from attempt a using unnest($2::text[], $3::int[], $4::bigint[]) as d(topic, partition, record_offset)
where a.consumer = $1 and a.topic = d.topic and a.partition = d.partition and a.record_offset = d.record_offset
"""


async def count_heads(connection: Connection, consumer: str, places: Sequence[Place]) -> set[Place]:
    """Note that these records are about to be tried; returns those that were noted before and never finished."""
    rows = await connection.fetch(_HEADS, consumer, *_columns(places))
    return {(row["topic"], row["partition"], row["record_offset"]) for row in rows if row["known"]}


async def count_one(connection: Connection, consumer: str, place: Place) -> int:
    """Count one more try of a record; returns how many there were with this one."""
    return int(await connection.fetchval(_ONE, consumer, *place))


async def forget(connection: Connection, consumer: str, places: Sequence[Place]) -> None:
    """These records are done, or dead letters."""
    await connection.execute(_FORGET, consumer, *_columns(places))


def _columns(places: Sequence[Place]) -> tuple[list[str], list[int], list[int]]:
    return [p[0] for p in places], [p[1] for p in places], [p[2] for p in places]
