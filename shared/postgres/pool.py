"""The connection pool of a process, with JSON as Python values.

Invariant: the server keeps what it says it committed: a server with `fsync` or `synchronous_commit` off is refused.
"""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from pydantic import SecretStr

from shared.errors import TransientError

#: A connection, borrowed from a pool or its own.
Connection = asyncpg.Connection | PoolConnectionProxy
Pool = asyncpg.Pool

#: What a driver raises when the server is away, restarts, or ends our transaction: try again later.
TRANSIENT_ERRORS = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.InvalidTransactionStateError,
    ConnectionError,
    TimeoutError,
    OSError,
)
#: What looks like one of those and is a fault of ours, or of the message: trying again cannot mend it.
_LASTING_ERRORS = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may work later. A wrong argument is an `InterfaceError` too, and never will."""
    if isinstance(error, _LASTING_ERRORS):
        return False
    if isinstance(error, asyncpg.InterfaceError):
        return type(error) is asyncpg.InterfaceError
    return isinstance(error, (TransientError, *TRANSIENT_ERRORS))


async def create_pool(
    url: SecretStr,
    *,
    max_size: int = 8,
    timeout_seconds: float = 30,
    connect_seconds: float = 5,
    settings: Mapping[str, str] | None = None,
) -> Pool:
    """A pool whose connections speak jsonb as Python values. It connects when first used, so this never waits.

    Args:
        url: the database under the service's own role.
        max_size: connections at most.
        timeout_seconds: of one statement.
        connect_seconds: of one connection's start.
        settings: of the server, for each connection.

    A connection to a server that would lose commits (`fsync` or `synchronous_commit` off) is refused on use.
    """
    return await asyncpg.create_pool(
        url.get_secret_value(),
        min_size=0,
        max_size=max_size,
        command_timeout=timeout_seconds,
        timeout=connect_seconds,
        max_inactive_connection_lifetime=60,
        server_settings=dict(settings or {}),
        init=_prepare,
    )


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=_dump, decoder=json.loads, schema="pg_catalog")
    settings = await connection.fetchrow("select current_setting('fsync'), current_setting('synchronous_commit')")
    if "off" in settings.values():
        raise UnsafeServerError("the database runs with fsync or synchronous_commit off: a crash would lose mail")


class UnsafeServerError(Exception):
    """The server may forget what it said it committed; mend its settings, we do not work on it."""


def _dump(value: object) -> str:
    """Strings that are JSON already (pydantic's own output) go through as they are."""
    return str(value) if isinstance(value, Json) else json.dumps(value)


class Json(str):
    """A string that already is JSON, to be stored in a jsonb column without encoding it again."""

    __slots__ = ()
