"""The inbox: by which a consumer does each message once.

Invariant: a claim and the effect of the message commit together or not at all; a repeat finds the claim.
"""

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

from shared.postgres.pool import Connection, Pool

#: Longer than any topic that is not compacted keeps a record, and than its dead letters: a repeat always finds its row.
KEPT_DAYS = 100
_CHUNK = 10_000
_BY_NUMBER = attrgetter("int")

_CLAIM = """
insert into inbox (consumer, message_id)
select $1, unnest($2::uuid[])
on conflict do nothing
returning message_id
"""

_RECORD = """
update inbox set outcome = r.outcome, detail = r.detail
from unnest($2::uuid[], $3::text[], $4::text[]) as r(id, outcome, detail)
where inbox.consumer = $1 and inbox.message_id = r.id
"""

_FORGET_OLD = """
delete from inbox where ctid = any(array(
    select ctid from inbox where done_at < now() - make_interval(days => $1) limit $2
))
"""


async def claim(connection: Connection, consumer: str, ids: Sequence[UUID]) -> set[UUID]:
    """Claim messages in this transaction; returns those that nobody has done. Waits for a rival's claim to end."""
    return {row["message_id"] for row in await connection.fetch(_CLAIM, consumer, sorted(set(ids), key=_BY_NUMBER))}


async def record(connection: Connection, consumer: str, outcomes: Sequence[tuple[UUID, str, str]]) -> None:
    """Keep how claimed messages ended, where it was not simply ``done``: (id, outcome, detail)."""
    if outcomes:
        ids, names, details = (list(column) for column in zip(*outcomes, strict=True))
        await connection.execute(_RECORD, consumer, ids, names, details)


async def forget_dead(connection: Connection, consumer: str, ids: Sequence[UUID]) -> None:
    """A dead letter that staff send back is tried again; one that is done stays done."""
    if ids:
        await connection.execute(
            "delete from inbox where consumer = $1 and message_id = any($2) and outcome = 'dead'", consumer, list(ids)
        )


async def forget_old(pool: Pool) -> int:
    """Rows that no repeat can ask for any more are gone, a chunk at a time; returns how many."""
    total = 0
    while True:
        async with pool.acquire() as connection:
            gone = int((await connection.execute(_FORGET_OLD, KEPT_DAYS, _CHUNK)).rpartition(" ")[2])
        total += gone
        if gone < _CHUNK:
            return total
