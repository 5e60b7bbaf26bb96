"""Leases: rows that say who does a job until when. A stopped process keeps no lease, unlike an advisory lock.

Invariant: at most one owner believes to hold a lease by the database's clock; a holder works only while it renews.
"""

from shared.postgres.pool import Connection

LEASE_SECONDS = 15
RENEW_SECONDS = 5

_TAKE = """
insert into lease (name, owner, expires_at) values ($1, $2, now() + make_interval(secs => $3))
on conflict (name) do update set owner = excluded.owner, expires_at = excluded.expires_at
where lease.owner = excluded.owner or lease.expires_at < now()
returning true
"""


async def take(connection: Connection, name: str, owner: str, seconds: float = LEASE_SECONDS) -> bool:
    """Take or renew a lease; true when it is ours from now on."""
    return bool(await connection.fetchval(_TAKE, name, owner, float(seconds)))


async def give_back(connection: Connection, name: str, owner: str) -> None:
    """End our lease at once, so that a successor need not wait."""
    await connection.execute("delete from lease where name = $1 and owner = $2", name, owner)
