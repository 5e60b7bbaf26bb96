"""The connection pool of a process, with JSON as Python values.

Invariant: the server keeps what it says it committed: a server with `fsync` or `synchronous_commit` off is refused.
"""

import asyncio
import json
from collections import deque
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from pydantic import SecretStr

from shared.away import ANSWER_SECONDS, Away
from shared.errors import TransientError

#: A connection, borrowed from a pool or its own.
Connection = asyncpg.Connection | PoolConnectionProxy
Pool = asyncpg.Pool
T = TypeVar("T")
CONNECTING_AT_ONCE = 4

#: What a driver raises when the server is away, restarts, or ends our transaction: try again later.
TRANSIENT_ERRORS = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A backend that is ended says so before it closes; whoever begins or commits between breaks the driver's order.
    asyncpg.InternalClientError,
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
    """Whether the same call may work later. A wrong argument is an `InterfaceError` too, and never will.

    The driver's `InternalClientError` itself says that a connection was lost in the middle of something ("cannot switch
    to state 15"); its kinds say that an answer cannot be read.
    """
    if isinstance(error, _LASTING_ERRORS):
        return False
    if isinstance(error, (asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return type(error) in {asyncpg.InterfaceError, asyncpg.InternalClientError}
    return isinstance(error, (TransientError, *TRANSIENT_ERRORS))


async def promptly(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """The result of some work, or a `TimeoutError` after just so long.

    The driver cleans up after a cancelled statement for as long as the server hangs; nobody waits for that here.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if done:
        return task.result()
    task.add_done_callback(_let_go)
    task.cancel()
    raise TimeoutError(f"the database did not answer in {seconds} s")


def _let_go(task: asyncio.Task[Any]) -> None:
    """Whatever became of it, its caller has left."""
    if not task.cancelled():
        task.exception()


class _Connector:
    """Makes connections, some at a time, and none in vain: one whose caller has left is the next caller's.

    Were it given up, a server that takes longer to connect to than callers wait would never be reached again: so it is
    after a restart under load, when everybody connects at once.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._left: deque[asyncio.Future[Any]] = deque()

    async def __call__(self, *args: Any, **more: Any) -> Any:
        making = self._left_by_others() or asyncio.ensure_future(self._make(*args, **more))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            self._left.append(making)
            raise

    async def _make(self, *args: Any, **more: Any) -> Any:
        async with self._turn:
            connection = await asyncpg.connect(*args, **more)
            await _prepare(connection)
            return connection

    def _left_by_others(self) -> "asyncio.Future[Any] | None":
        while self._left:
            making = self._left.popleft()
            if not making.done():
                return making
            if not making.cancelled() and making.exception() is None and not making.result().is_closed():
                return making
        return None

    async def close(self) -> None:
        """Nothing that was begun is left."""
        for making in self._left:
            making.cancel()
        for made in await asyncio.gather(*self._left, return_exceptions=True):
            if isinstance(made, asyncpg.Connection):
                made.terminate()
        self._left.clear()


class PromptPool(asyncpg.Pool):
    """A pool whose every call ends in time, waiting for a free connection included: for doors, whose callers wait.

    A connection is waited for half of that time at most, so that a statement that begins has time to end. Were all of
    them begun with hardly any left, as in a storm of retries, the server would work, break off, and answer nobody.

    A server that hangs is found out once: until it answers again, calls end at once.
    """

    whole_seconds: float
    connector: _Connector
    away: Away
    url: str

    async def close(self) -> None:
        await self.away.close()
        await super().close()
        await self.connector.close()

    async def execute(self, *args: Any, **more: Any) -> str:
        return str(await self._promptly("execute", args, more))

    async def fetch(self, *args: Any, **more: Any) -> list[Any]:
        return list(await self._promptly("fetch", args, more))

    async def fetchrow(self, *args: Any, **more: Any) -> Any:
        return await self._promptly("fetchrow", args, more)

    async def fetchval(self, *args: Any, **more: Any) -> Any:
        return await self._promptly("fetchval", args, more)

    async def _promptly(self, call: str, args: tuple[Any, ...], more: Mapping[str, Any]) -> Any:
        async def one() -> Any:
            async with self.acquire(timeout=self.whole_seconds / 2) as connection:
                return await getattr(connection, call)(*args, **more)

        if is_away(self):
            raise TimeoutError("the database does not answer")
        try:
            return await promptly(one(), self.whole_seconds)
        except TimeoutError:
            self.away.suspect()
            raise

    async def answers(self) -> None:
        """The server answers on a connection of its own: one of the pool's may be long in coming while it works well.

        Raises what the driver raises where it does not.
        """
        connection = await asyncpg.connect(self.url, timeout=ANSWER_SECONDS)
        try:
            await connection.fetchval("select 1", timeout=ANSWER_SECONDS)
        finally:
            connection.terminate()


def is_away(pool: Pool) -> bool:
    """Whether the server is known to be away: a pool of a door refuses every call at once until it has answered."""
    return isinstance(pool, PromptPool) and pool.away.is_away


async def create_pool(
    url: SecretStr,
    *,
    max_size: int = 8,
    timeout_seconds: float = 30,
    connect_seconds: float = 5,
    whole_seconds: float | None = None,
    settings: Mapping[str, str] | None = None,
) -> Pool:
    """A pool whose connections speak jsonb as Python values. It connects when first used, so this never waits.

    Args:
        url: the database under the service's own role.
        max_size: connections at most.
        timeout_seconds: of one statement.
        connect_seconds: of one connection's start.
        whole_seconds: of one call with everything that it waits for; none sets no such limit.
        settings: of the server, for each connection.

    A connection to a server that would lose commits (`fsync` or `synchronous_commit` off) is refused on use.
    """
    kind, connector = (asyncpg.Pool, None) if whole_seconds is None else (PromptPool, _Connector())
    pool = kind(
        url.get_secret_value(),
        min_size=0,
        max_size=max_size,
        max_queries=50_000,
        max_inactive_connection_lifetime=60,
        command_timeout=timeout_seconds,
        timeout=connect_seconds,
        server_settings=dict(settings or {}),
        connect=connector,
        init=_prepare if connector is None else None,
        reset=_leave_as_it_is,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
    )
    if isinstance(pool, PromptPool) and whole_seconds is not None and connector is not None:
        pool.whole_seconds, pool.connector = whole_seconds, connector
        pool.url = url.get_secret_value()
        pool.away = Away(pool.answers, TRANSIENT_ERRORS)
    return await pool


async def _leave_as_it_is(_connection: Any) -> None:
    """Nothing is asked of the server when a connection comes back: the driver has ended its transaction already.

    The driver's own way unlocks, unlistens and resets in a statement of its own, which was every second one that a busy
    service sent. We lock and set by transaction only (``pg_advisory_xact_lock``, ``set local``), and listen on
    connections that are no pool's.
    """


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
