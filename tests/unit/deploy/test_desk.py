"""What is given by URL is looked at before anything starts."""

from pathlib import Path

import pytest

from deploy.local.console import Steps
from deploy.local.desk import Desk, External, port_names
from deploy.local.errors import StackError
from deploy.local.home import load_secrets
from deploy.local.replicas import parse_replicas, replicas_of
from deploy.local.servers import local_servers
from deploy.local.up import processes_of


def given(blobs: str) -> External:
    return External(kafka=None, database=None, blobs=blobs, smtp=None)


def test_a_folder_for_blobs_is_taken(tmp_path: Path) -> None:
    """It is made where it is not there yet; nothing is left in it."""
    given((tmp_path / "blobs").as_uri()).check()
    assert list((tmp_path / "blobs").iterdir()) == []


@pytest.mark.parametrize("url", ["s4://nowhere", "nonsense", "file:///proc/none/blobs"])
def test_a_blob_url_that_names_no_store_is_one_line(url: str) -> None:
    """With the variable to correct; a start would end with services that come and go for minutes."""
    with pytest.raises(StackError, match="BLOB_URL names no store that can be used") as refused:
        given(url).check()
    assert "\n" not in str(refused.value)


def test_what_is_given_by_url_is_not_started(tmp_path: Path) -> None:
    """No server, no mail catcher and no port of them; each service is told what was given."""
    given_ones = External("kafka.example:9092", "postgresql://a:b@db.example/desk", "s3://blobs", "smtp://mx.example")
    replicas = replicas_of(parse_replicas(""))
    names = port_names(replicas, given_ones)
    assert not {"kafka", "kafka_controller", "postgres", "mail", "catcher_smtp"} & set(names)
    ports = {name: 20_000 + place for place, name in enumerate(names)}
    desk = Desk(tmp_path, tuple(replicas), given_ones, ports, load_secrets(tmp_path), {})
    with local_servers(desk, Steps()) as servers:
        assert servers == []
    urls = dict.fromkeys((replica.service for replica in replicas), "postgresql://service")
    processes = processes_of(desk, urls)
    assert [process.label for process in processes] == [replica.label for replica in replicas] != []
    assert {process.environment["KAFKA_BOOTSTRAP_SERVERS"] for process in processes} == {"kafka.example:9092"}
    assert {process.environment["BLOB_URL"] for process in processes} == {"s3://blobs"}
    told = [process.environment["SMTP_URL"] for process in processes if "SMTP_URL" in process.environment]
    assert told == ["smtp://mx.example"]
