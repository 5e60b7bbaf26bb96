"""How many of each service run."""

import pytest

from deploy.local.errors import StackError
from deploy.local.replicas import parse_replicas, replicas_of


def test_services_not_named_run_once() -> None:
    """Only those named are more than one."""
    assert parse_replicas("tickets=2, gateway=3") == {
        "intake": 1,
        "tickets": 2,
        "automation": 1,
        "notifier": 1,
        "gateway": 3,
    }
    assert [replica.label for replica in replicas_of({"tickets": 2})] == ["tickets-1", "tickets-2"]


@pytest.mark.parametrize("text", ["tikets=2", "tickets", "tickets=0", "tickets=-1", "tickets=two", "tickets=13"])
def test_a_bad_count_is_refused_with_what_to_write(text: str) -> None:
    """An unknown service or an impossible count does not start a desk."""
    with pytest.raises(StackError):
        parse_replicas(text)
