"""Ports: known in the clone's home, others in another, stable in both, never stolen."""

import socket
from pathlib import Path

import pytest

from deploy.local.errors import StackError
from deploy.local.ports import choose_ports
from deploy.local.process import free_ports

NAMES = ["http", "smtp", "mail", "kafka", "health-tickets-1"]


def test_another_home_has_ports_of_its_own_that_stay(tmp_path: Path) -> None:
    """They are not the known ones, none is used twice, and the next start finds the same."""
    chosen = choose_ports(tmp_path, NAMES, is_default_home=False)
    assert set(chosen) == set(NAMES)
    assert len(set(chosen.values())) == len(NAMES)
    assert not {8080, 2525, 8025} & set(chosen.values())
    assert choose_ports(tmp_path, NAMES, is_default_home=False) == chosen


def test_a_replica_more_moves_nobody(tmp_path: Path) -> None:
    """Adding a process gives it a port and leaves the others theirs."""
    chosen = choose_ports(tmp_path, NAMES, is_default_home=False)
    more = choose_ports(tmp_path, [*NAMES, "health-tickets-2"], is_default_home=False)
    assert {name: more[name] for name in NAMES} == chosen


def test_an_inner_port_moves_when_it_is_taken_a_public_one_is_named(tmp_path: Path) -> None:
    """Only what people typed somewhere is worth refusing to start."""
    chosen = choose_ports(tmp_path, NAMES, is_default_home=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", chosen["kafka"]))
        other.listen()
        assert choose_ports(tmp_path, NAMES, is_default_home=False)["kafka"] != chosen["kafka"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", chosen["smtp"]))
        other.listen()
        with pytest.raises(StackError, match="DESKSTREAM_SMTP_PORT"):
            choose_ports(tmp_path, NAMES, is_default_home=False)


@pytest.mark.parametrize("value", ["", "eighty", "0", "65536", "-1"])
def test_a_variable_that_is_no_port_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The variable and what it may hold are named."""
    monkeypatch.setenv("DESKSTREAM_HTTP_PORT", value)
    with pytest.raises(StackError, match="1 to 65535"):
        choose_ports(tmp_path, NAMES, is_default_home=False)


def test_ports_that_are_asked_for_together_are_different() -> None:
    """A broker on one port twice does not start."""
    found = free_ports(200)
    assert len(set(found)) == 200
