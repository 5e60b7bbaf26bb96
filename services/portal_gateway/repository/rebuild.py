"""A new read model beside the live one, and its swap into place.

The gateway's role owns a second schema, ``gateway_rebuild``. A session that puts it first on its search path runs the
same statements as the projection, on the new tables. The swap drops the old tables and moves the new ones over, in one
transaction, while the projection waits.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from services.portal_gateway.repository.read_model import PROJECTION_LOCK, READ_MODEL_FILE, ReadModel
from services.portal_gateway.repository.read_model import sql as projecting
from shared.contracts.state import SNAPSHOTS, Snapshot
from shared.postgres.pool import Connection
from shared.postgres.statements import Statements

sql = Statements("services.portal_gateway.queries", "rebuild.sql")
SCHEMA = "gateway_rebuild"
#: Every table of the read model, with the columns of its key.
TABLES = {
    "item": "id",
    "message": "id",
    "change": "item_id, version",
    "person": "id",
    "organisation": "id",
    "setup": "kind, key",
    "rule": "id",
    "decision": "id",
    "delivery": "id",
    "suppression": "address",
    "receipt": "id",
    "quarantine": "id",
}
_PREFETCH = 1000
_END_OF_STATEMENT = re.compile(r";[ \t]*\n")


class Building:
    """The new read model, on a connection of its own."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    async def begin(self) -> None:
        """An empty read model stands beside the live one; this session works on it from now on."""
        await self._db.execute(sql.build_beside)
        for table in TABLES:
            await self._db.execute(f"drop table if exists {SCHEMA}.{table}")
        for statement in _END_OF_STATEMENT.split(READ_MODEL_FILE.read_text() + "\n"):
            if re.sub(r"--[^\n]*", "", statement).strip():
                await self._db.execute(statement)

    async def put(self, snapshots: Sequence[Snapshot]) -> None:
        """Newer snapshots stand in it."""
        await ReadModel(self._db).put(snapshots)

    async def swap(self, catch_up: Callable[[], Awaitable[None]]) -> None:
        """The new read model is the live one.

        Args:
            catch_up: brings it to the end of the log; called while no batch is projected.
        """
        async with self._db.transaction():
            await self._db.execute(sql.patient)
            await self._db.execute(projecting.hold_projection, PROJECTION_LOCK)
            await catch_up()
            for table, key in TABLES.items():
                await _carry_over(self._db, table, key)
            for table in TABLES:
                await self._db.execute(f"drop table gateway.{table}")
                await self._db.execute(f"alter table {SCHEMA}.{table} set schema gateway")
        await self._db.execute(sql.build_in_place)


class Rows:
    """Every row of the live read model."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """Every row as its snapshot, from one moment's state."""
        async with self._db.transaction(isolation="repeatable_read", readonly=True):
            await self._db.execute(sql.patient)
            async for row in self._db.cursor(sql.every_row, prefetch=_PREFETCH):
                yield SNAPSHOTS[row["kind"]].model_validate(row["state"])


async def _carry_over(connection: Connection, table: str, key: str) -> None:
    """Rows of the live table that the new one lacks, or has older: their snapshots are not on the state topic yet."""
    columns = [column.strip() for column in key.split(",")]
    same = " and ".join(f"n.{column} = o.{column}" for column in columns)
    # Names of tables and columns are our own constants; none is a value.
    await connection.execute(
        f"delete from {SCHEMA}.{table} n using gateway.{table} o where {same} and n.version < o.version"  # noqa: S608
    )
    await connection.execute(
        f"insert into {SCHEMA}.{table} select o.* from gateway.{table} o "  # noqa: S608
        f"where not exists (select from {SCHEMA}.{table} n where {same})"
    )
