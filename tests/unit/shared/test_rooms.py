"""Small parts that everything stands on: statements, crash points, what may be tried again, readable records."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.topics.shown import as_json, as_line, letter_as_json
from shared.errors import ContractError, TransientError
from shared.messaging.dead_letters import headers_of, read_dead_letter
from shared.messaging.publish import partition_of
from shared.postgres.pool import is_transient
from shared.postgres.statements import Statements
from tests.unit.shared.builders import record

ROOT = Path(__file__).parents[3]


def test_statements_are_found_by_name_with_their_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each named statement of a file is an attribute; an unknown name is missed, one that stands twice refused."""
    package = tmp_path / "some_queries"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "queries.sql").write_text("-- name: one\n-- Of things.\nselect 1;\n\n-- name: two\nselect 2")
    (package / "twice.sql").write_text("-- name: one\nselect 1\n-- name: one\nselect 2")
    monkeypatch.syspath_prepend(str(tmp_path))
    sql = Statements("some_queries")
    assert sql.names() == ("one", "two")
    assert sql.one == "-- Of things.\nselect 1;"
    assert sql.two == "select 2"
    with pytest.raises(AttributeError, match="three"):
        _ = sql.three
    with pytest.raises(ValueError, match="one stands twice"):
        Statements("some_queries", "queries.sql", "twice.sql")


@pytest.mark.parametrize(
    ("wanted", "passages", "code"),
    [("here:2", 1, 0), ("here:2", 2, -9), ("here", 1, -9), ("there:1", 5, 0), ("", 5, 0)],
)
def test_crashpoint_kills_at_the_asked_passage_only(wanted: str, passages: int, code: int) -> None:
    """The nth passage of the named point ends the process as kill -9 does; anything else passes free."""
    program = f"from shared.crashpoint import crashpoint\nfor _ in range({passages}): crashpoint('here')"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={"CRASH_AT": wanted}, check=False)
    assert ended.returncode == code


@pytest.mark.parametrize(
    "error",
    [
        TransientError("away"),
        ConnectionResetError(),
        TimeoutError(),
        OSError(28, "No space left on device"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.SerializationError("40001"),
        asyncpg.DeadlockDetectedError("40P01"),
        asyncpg.AdminShutdownError("57P01"),
        asyncpg.CannotConnectNowError("57P03"),
        asyncpg.TooManyConnectionsError("53300"),
        asyncpg.DiskFullError("53100"),
        asyncpg.LockNotAvailableError("55P03"),
        asyncpg.ConnectionDoesNotExistError("08003"),
        asyncpg.IdleInTransactionSessionTimeoutError("25P03"),
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
    ],
)
def test_error_of_a_server_is_tried_again(error: Exception) -> None:
    """A server that is away, full, busy or restarting costs time, never a message."""
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bad"),
        KeyError("x"),
        ContractError("broken"),
        FileNotFoundError(),
        PermissionError(),
        asyncpg.UniqueViolationError("23505"),
        asyncpg.NotNullViolationError("23502"),
        asyncpg.UndefinedColumnError("42703"),
        asyncpg.exceptions._base.ProtocolError("invalid array element"),  # noqa: SLF001 - it has no other name
        asyncpg.exceptions._base.DataError("invalid input for query argument $1"),  # noqa: SLF001 - it has no other name
        asyncio.InvalidStateError(),
    ],
)
def test_error_of_ours_or_the_message_is_not_tried_for_ever(error: Exception) -> None:
    """What the same call will always raise must end as a dead letter, not hold its partition for ever."""
    assert not is_transient(error)


def test_record_is_shown_decoded_or_as_it_is() -> None:
    """An operator sees JSON as JSON, text as text, and why no reader could take it."""
    shown = as_json(record(3, value=b'{"command_id": 7}'))
    assert shown["body"] == {"command_id": 7}
    assert "command_id" in shown["fault"]
    assert shown["at"] == "2026-11-25T12:00:00.000+00:00"
    assert as_json(record(value=b"From: a\xff", headers=()))["body"] == "From: a\ufffd"
    assert as_json(record(value=None, topic="tickets-state", key=b"team:x"))["body"] is None
    line = as_line(shown)
    assert line.startswith("2026-11-25T12:00:00.000+00:00  tickets-events[0]@3")
    assert len(as_line(as_json(record(value=b'"' + b"x" * 5000 + b'"'))).splitlines()[-1]) < 200


def test_dead_letter_is_shown_with_who_gave_it_up_and_why() -> None:
    """The record that was given up, its place, and the reason."""
    original = record(9, value=b"broken")
    extra = headers_of(original, "tickets", "it broke")
    letter = read_dead_letter(record(1, topic="tickets-events.tickets.dead", value=b"broken", headers=extra))
    assert letter is not None
    shown = letter_as_json(letter)
    assert (shown["topic"], shown["offset"], shown["dead_offset"]) == ("tickets-events", 9, 1)
    assert "given up by tickets" in as_line(shown)
    assert "it broke" in as_line(shown)


@given(st.binary(max_size=80), st.integers(1, 64))
def test_partition_of_a_key_is_kafkas_own(key: bytes, count: int) -> None:
    """All writers agree where a key's records stand, or its order would be lost between them."""
    places = list(range(count))
    assert partition_of(key, count) == DefaultPartitioner()(key, places, places)


def test_many_lines_are_written_as_structlog_writes_one() -> None:
    """A batch's lines have the shape of all others, one JSON object each, under the process's level."""
    program = (
        "import logging, structlog\n"
        "from shared.observability.logs import configure_logs, tell_many\n"
        "configure_logs('tickets', 'tickets-1', 'json', 'INFO')\n"
        "structlog.get_logger().info('message', id='one', batch=1)\n"
        "tell_many('message', [(logging.INFO, {'id': 'two', 'batch': 2}), (logging.DEBUG, {'id': 'three'})])\n"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    one, two = [json.loads(line) for line in said.stderr.splitlines()]
    assert two == {**one, "id": "two", "batch": 2, "timestamp": two["timestamp"]}
    assert (one["service"], one["replica"], one["level"]) == ("tickets", "tickets-1", "info")
    assert len(one["timestamp"]) == len(two["timestamp"])
