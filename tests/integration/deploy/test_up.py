"""`deskstream up` on servers of its own: starts, is found by a second terminal, ends, and names what is in its way."""

import json
import os
import socket
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.local.process import free_port
from tests.support.desk import RunningDesk, ended, start_desk
from tests.support.waiting import wait_for


def wait_until_running(desk: RunningDesk) -> None:
    wait_for(lambda: ended(desk) or "is running" in desk.output, "the start")
    assert not ended(desk), desk.output


def assert_secrets_are_private(desk: RunningDesk) -> None:
    """Files that hold a secret are their owner's alone; neither terminal nor status shows one."""
    for name in ("master.secret", "secrets.json", "run.json"):
        assert (desk.home / name).stat().st_mode & 0o777 == 0o600, name
    secrets = json.loads((desk.home / "secrets.json").read_text())
    status = json.dumps(desk.status())
    for secret in [secrets["postgres_password"], *secrets["role_passwords"].values()]:
        assert secret not in desk.output
        assert secret not in status


async def test_a_desk_starts_is_found_ends_and_finds_its_data_again(tmp_path: Path) -> None:
    """Everything runs under its home; the day is played; Ctrl-C ends all of it; what was stored is there next time."""
    desk = start_desk(tmp_path / "home")
    try:
        wait_until_running(desk)
        run = desk.run
        status = desk.status()
        assert_secrets_are_private(desk)
        children = psutil.Process(desk.process.pid).children(recursive=True)
        connection = await asyncpg.connect(run.database_urls["tickets"])
        await connection.execute("create table tickets.kept_for_test (word text)")
        await connection.close()
        played = desk.command("demo", "--seconds", "5", timeout_seconds=300)
    finally:
        desk.stop()
    assert desk.process.returncode == 0
    assert played.returncode == 0, f"a step of the day did not go through:\n{played.stdout}{played.stderr}"
    assert set(status) == {"ready", "urls", "smtp", "support_address", "services"}
    assert set(status["urls"]) == {"workspace", "portal", "api", "mail", "replicas"}
    assert status["smtp"] == {"host": "127.0.0.1", "port": run.smtp.port}
    assert [each["name"] for each in status["services"]] == ["intake", "tickets", "automation", "notifier", "gateway"]
    assert {"name", "replica", "pid", "health_url", "ready", "lag"} <= set(status["services"][0])
    assert len(children) >= 3
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert "no desk runs" in desk.command("status").stderr

    again = start_desk(tmp_path / "home")
    try:
        wait_until_running(again)
        assert again.run.smtp == run.smtp
        connection = await asyncpg.connect(again.run.database_urls["tickets"])
        assert await connection.fetchval("select count(*) from tickets.kept_for_test") == 0
        await connection.close()
        assert "runs from" in again.command("up").stderr
    finally:
        again.stop()


def test_a_taken_port_is_named_with_what_to_set(tmp_path: Path) -> None:
    """The start ends with one line: which port, whose it is, which variable changes it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        desk = start_desk(tmp_path / "home", DESKSTREAM_HTTP_PORT=str(port))
        wait_for(lambda: ended(desk), "the refusal")
    assert desk.process.returncode == 1
    assert f"port {port} (http) is taken" in desk.output
    assert f"pid {os.getpid()}" in desk.output
    assert "DESKSTREAM_HTTP_PORT" in desk.output
    assert "Traceback" not in desk.output


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:{port}"),
        ("DATABASE_URL", "postgresql://admin:sesame@127.0.0.1:{port}/desk"),
        ("SMTP_URL", "smtp://127.0.0.1:{port}"),
        ("BLOB_URL", "s3://desk-blobs"),
    ],
)
def test_a_given_server_that_is_away_is_named_with_its_variable(tmp_path: Path, variable: str, value: str) -> None:
    """One line with the remedy, and no password in it."""
    port = free_port()
    bucket = {"AWS_ENDPOINT": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "x"}
    keys = {"AWS_ACCESS_KEY_ID": "desk", "AWS_SECRET_ACCESS_KEY": "sesame"}
    desk = start_desk(tmp_path / "home", (), **bucket, **keys, **{variable: value.format(port=port)})
    wait_for(lambda: ended(desk), "the refusal")
    assert desk.process.returncode == 1
    assert variable in desk.output
    assert "does not answer" in desk.output
    assert "sesame" not in desk.output
    assert "Traceback" not in desk.output
