"""The pool refuses servers that forget; inbox claims are one consumer's, whoever asks at once."""

import asyncio
import contextlib
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from pydantic import SecretStr

from deploy.local import postgres
from deploy.local.process import free_port
from shared.ids import new_id
from shared.postgres import inbox
from shared.postgres.pool import TRANSIENT_ERRORS, UnsafeServerError, create_pool, is_transient
from tests.chaos.proxy import BlackHole, Delay, Pass, Proxy
from tests.support.waiting import eventually

#: What a backend says when an administrator ends it (PostgreSQL, protocol 3.0: ErrorResponse, 57P01).
_FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
ENDED = b"E" + (len(_FIELDS) + 4).to_bytes(4, "big") + _FIELDS


async def test_server_without_synchronous_commit_is_refused(make_database: Any) -> None:
    """A commit that is not on disk when it is answered may be lost: we do not work with it."""
    url = SecretStr(await make_database("tickets"))
    pool = await create_pool(url, settings={"synchronous_commit": "off"})
    with pytest.raises(UnsafeServerError):
        await pool.fetchval("select 1")
    await pool.close()
    safe = await create_pool(url)
    assert await safe.fetchval("select 1") == 1
    await safe.close()


async def test_server_without_fsync_is_refused(tmp_path: Path) -> None:
    """A server that never waits for its disk would lose mail that a door has accepted."""
    plan = postgres.PostgresPlan(tmp_path, tmp_path / "postgres.log", free_port(), "admin", durable=False)
    server = await asyncio.to_thread(postgres.launch, plan)
    try:
        await asyncio.to_thread(postgres.wait, server, plan)
        pool = await create_pool(SecretStr(plan.admin_url))
        with pytest.raises(UnsafeServerError):
            await pool.fetchval("select 1")
        await pool.close()
    finally:
        server.stop()


async def test_slow_connecting_is_reached_by_impatient_callers(make_database: Any) -> None:
    """After a restart under load, connecting takes longer than a page waits: the next page has the connection."""
    url = await make_database("gateway")
    link = Proxy("postgres", 0, urlsplit(url).port or 5432)
    await link.start()
    await link.behave(Delay(0.08))
    slow = url.replace(f":{link.upstream}/", f":{link.port}/")
    pool = await create_pool(SecretStr(slow), max_size=3, whole_seconds=0.8)
    answers: list[object] = []
    for _ in range(12):
        answers += await asyncio.gather(*(pool.fetchval("select 1") for _ in range(3)), return_exceptions=True)
    await pool.close()
    await link.stop()
    assert isinstance(answers[0], TimeoutError), "connecting takes longer than one caller waits"
    assert 1 in answers


@pytest.mark.parametrize("whole_seconds", [None, 10.0], ids=["workers", "pages"])
@pytest.mark.parametrize("begun", [False, True], ids=["before it begins", "before it commits"])
async def test_work_on_a_connection_that_was_told_its_end_is_tried_again(
    make_database: Any, whole_seconds: float | None, begun: bool
) -> None:
    """A backend that is ended says so before it closes: what uses its connection between has met no fault of ours."""
    url = await make_database("gateway")
    link = Proxy("postgres", 0, urlsplit(url).port or 5432)
    await link.start()
    watcher = await asyncpg.connect(url)
    pool = await create_pool(
        SecretStr(url.replace(f":{link.upstream}/", f":{link.port}/")), max_size=1, whole_seconds=whole_seconds
    )

    async def told_its_end() -> None:
        link.interject(ENDED)
        # Another connection's answer is read after what was there before it.
        await watcher.fetchval("select 1")

    async def work() -> None:
        async with pool.acquire() as connection:
            if not begun:
                await told_its_end()
            async with connection.transaction():
                await told_its_end()

    for _ in range(2):
        assert await pool.fetchval("select 1") == 1
        (error,) = await asyncio.gather(work(), return_exceptions=True)
        assert isinstance(error, TRANSIENT_ERRORS), repr(error)
        assert is_transient(error)
    assert await pool.fetchval("select 1") == 1
    await pool.close()
    await watcher.close()
    await link.stop()


async def test_callers_are_served_once_a_crashed_server_takes_connections(tmp_path: Path) -> None:
    """One backend is killed, the server restarts them all: as soon as it answers anybody, it answers every caller."""
    plan = postgres.PostgresPlan(tmp_path, tmp_path / "postgres.log", free_port(), "admin")
    server = await asyncio.to_thread(postgres.launch, plan)
    try:
        await asyncio.to_thread(postgres.wait, server, plan)
        pool = await create_pool(SecretStr(plan.admin_url), max_size=6, whole_seconds=20)
        for _ in range(2):
            backends = await asyncio.gather(*(pool.fetchval("select pg_backend_pid()") for _ in range(24)))
            os.kill(backends[0], signal.SIGKILL)
            await eventually(partial(_answers, plan.admin_url, backends[0]), "the server to be back")
            answers = await asyncio.gather(*(pool.fetchval("select 1") for _ in range(24)))
            assert set(answers) == {1}
        await pool.close()
    finally:
        server.stop()


async def _answers(url: str, killed: int) -> bool:
    """Whether the server takes a connection, and has noticed that a backend is gone."""
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (asyncpg.PostgresError, OSError, TimeoutError):
        return False
    try:
        there = "select count(*) from pg_stat_activity where pid = $1"
        return int(await connection.fetchval(there, killed)) == 0
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return False
    finally:
        connection.terminate()


async def test_claim_waits_for_a_rival_and_finds_its_outcome(make_database: Any) -> None:
    """Two replicas with one message: the second waits; it has nothing to do if the first commits, all if it fails."""
    pool = await create_pool(SecretStr(await make_database("tickets")))
    message = new_id()
    for rival_commits in (False, True):
        async with pool.acquire() as first, pool.acquire() as second:
            transaction = first.transaction()
            await transaction.start()
            assert await inbox.claim(first, "probe", [message]) == {message}
            rival = asyncio.create_task(inbox.claim(second, "probe", [message, message]))
            done, _ = await asyncio.wait([rival], timeout=0.2)
            assert not done
            if rival_commits:
                await transaction.commit()
                assert await rival == set()
            else:
                await transaction.rollback()
                assert await rival == {message}
                await second.execute("delete from inbox")
    async with pool.acquire() as connection:
        assert await inbox.claim(connection, "another", [message]) == {message}
    await pool.close()


async def test_only_dead_messages_are_forgotten_for_a_replay(make_database: Any) -> None:
    """Sending back tries again what was given up; what was done stays done."""
    pool = await create_pool(SecretStr(await make_database("tickets")))
    dead, done = new_id(), new_id()
    async with pool.acquire() as connection:
        await inbox.claim(connection, "probe", [dead, done])
        await inbox.record(connection, "probe", [(dead, "dead", "it broke")])
        await inbox.forget_dead(connection, "probe", [dead, done])
        assert await inbox.claim(connection, "probe", [dead, done]) == {dead}
    await pool.close()


async def test_caller_who_waited_long_does_not_begin_what_he_cannot_end(make_database: Any) -> None:
    """A statement begun with no time left is work for nobody: under a storm of retries it would be all the work."""
    pool = await create_pool(SecretStr(await make_database("gateway")), max_size=1, whole_seconds=4.0)
    await pool.execute("create sequence begun")
    long = asyncio.create_task(pool.fetchval("select 1 from pg_sleep(3)"))
    await asyncio.sleep(0)
    counted = "with b as materialized (select nextval('begun') as n) select n, pg_sleep(2) from b"
    late = await asyncio.gather(*(pool.fetchval(counted) for _ in range(3)), return_exceptions=True)
    assert await long == 1
    assert {type(error) for error in late} == {TimeoutError}
    assert not await pool.fetchval("select is_called from begun")
    await pool.close()


async def test_server_that_hangs_is_found_out_once(make_database: Any) -> None:
    """After one caller waited in vain the next are told at once; when it answers, all are served."""
    url = await make_database("gateway")
    link = Proxy("database", free_port(), urlsplit(url).port or 0)
    await link.start()
    pool = await create_pool(SecretStr(url.replace(f":{link.upstream}/", f":{link.port}/")), whole_seconds=1.0)
    try:
        assert await pool.fetchval("select 1") == 1
        await link.behave(BlackHole())
        with pytest.raises(TimeoutError):
            await pool.fetchval("select 1")

        async def told_at_once() -> bool:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    with pytest.raises(TimeoutError, match="does not answer"):
                        await pool.fetchval("select 1")
                    return True
            return False

        await eventually(told_at_once, "callers to be told at once")
        await link.behave(Pass())

        async def served() -> bool:
            with contextlib.suppress(*TRANSIENT_ERRORS):
                return bool(await pool.fetchval("select 1"))
            return False

        await eventually(served, "callers to be served again")
    finally:
        await pool.close()
        await link.stop()


async def test_giving_a_connection_back_costs_no_statement_and_leaves_nothing_open(make_database: Any) -> None:
    """A busy service sends its own statements only; a transaction that nobody ended is rolled back all the same."""
    pool = await create_pool(SecretStr(await make_database("tickets")), max_size=1)
    pid = await pool.fetchval("select pg_backend_pid()")
    async with await create_pool(SecretStr(await make_database("tickets"))) as other:
        row = await other.fetchrow("select query from pg_stat_activity where pid = $1", pid)
    assert row is not None
    assert row["query"] == "select pg_backend_pid()"
    async with pool.acquire() as connection:
        await connection.execute("begin")
        await connection.execute("create table left_open (a int)")
    assert await pool.fetchval("select to_regclass('left_open')") is None
    await pool.close()
