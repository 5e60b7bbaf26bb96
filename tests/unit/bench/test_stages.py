"""The wait of a command by stage, from logs and moments."""

import json

import pytest

from tests.bench.stages import STAGES, batches, between


def test_a_line_of_a_consumers_log_tells_when_its_batch_began_and_ended() -> None:
    """Lines of others, and lines that are none of ours, say nothing."""
    line = {
        "event": "message",
        "consumer": "tickets",
        "correlation": "c",
        "type": "t",
        "milliseconds": 500.0,
        "timestamp": "2026-11-28T10:00:01Z",
    }
    other = {**line, "consumer": "gateway"}
    (found,) = batches([json.dumps(line), json.dumps(other), json.dumps({"event": "started"}), "a trace"], "tickets")
    assert (found.correlation, found.type) == ("c", "t")
    assert found.ended - found.began == pytest.approx(0.5)


def test_stages_follow_one_another_and_are_never_negative() -> None:
    """Records tell their moment in whole milliseconds, so that one may seem to come before its cause."""
    found = between([1.0, 1.5, 1.75, 1.74, 2.0, 2.25, 2.5])
    assert list(found) == list(STAGES)
    assert found["request to command"] == 0.5
    assert found["batch to published answer"] == 0.0
