"""What a home folder remembers, and that secrets in it are private."""

import os
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.home import Door, Process, Run, load_run, load_secrets, master_secret_file, save_run


def run_of(pid: int) -> Run:
    return Run(
        supervisor_pid=pid,
        started_at=0,
        kafka_bootstrap_servers="k:1",
        topic_prefix="",
        database_urls={"tickets": "postgresql://t:p@h/d"},
        admin_database_url="postgresql://a:p@h/d",
        blob_url="file:///b",
        public_url="http://desk",
        smtp=Door(host="h", port=25),
        mail_catcher_url=None,
        secret_file=Path("/s"),
        mail_domain="desk.example",
        support_address="support@desk.example",
        admin_address="admin@desk.example",
        services=[Process(name="tickets", replica="1", pid=None, health_url="http://h")],
    )


def test_a_running_desk_is_found(tmp_path: Path) -> None:
    """What was saved is read; the file is the owner's alone, since it holds passwords."""
    run = run_of(os.getpid())
    save_run(tmp_path, run)
    assert load_run(tmp_path) == run
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


def test_a_desk_that_ended_badly_is_not_taken_for_running(tmp_path: Path) -> None:
    """run.json of a killed desk is not believed."""
    save_run(tmp_path, run_of(2**22 + 1))
    with pytest.raises(StackError, match="has ended"):
        load_run(tmp_path)


def test_no_desk_is_said_with_the_remedy(tmp_path: Path) -> None:
    """The line names the folder and the command."""
    with pytest.raises(StackError, match="make run"):
        load_run(tmp_path)


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    """A second start finds the same passwords and the same master secret."""
    secrets, master = load_secrets(tmp_path), master_secret_file(tmp_path).read_text()
    assert load_secrets(tmp_path) == secrets
    assert master_secret_file(tmp_path).read_text() == master
    assert len(bytes.fromhex(master.strip())) == 32
    assert len({secrets.postgres_password, *secrets.role_passwords.values()}) == 6
    for name in ("secrets.json", "master.secret"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_given_passwords_are_kept_and_completed(tmp_path: Path) -> None:
    """A role that a newer version adds gets a password; the others keep theirs."""
    (tmp_path / "secrets.json").write_text('{"role_passwords": {"tickets": "known"}}')
    secrets = load_secrets(tmp_path)
    assert secrets.role_passwords["tickets"] == "known"
    assert secrets.role_passwords["intake"]
