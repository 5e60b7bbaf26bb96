"""The size of the batches that are compared is the programs' own word."""

import json
from pathlib import Path

import pytest

from shared.messaging.kafka import MAX_RECORDS
from tests.bench import stage_bare
from tests.bench.batches import BARE, Batches, batches_after, batches_in, told


def service_lines(*sizes: int) -> list[str]:
    """As a service tells of batches of received mails: a line for each message."""
    line = {"event": "message", "consumer": "tickets", "place": "intake-messages[3]@17"}
    return [json.dumps({**line, "batch": size}) for size in sizes for _ in range(size)]


def bare_lines(*sizes: int) -> list[str]:
    """As the bare loop does: a line for each batch."""
    return [json.dumps({"event": BARE, "batch": size}) for size in sizes]


def test_both_programs_are_read_alike() -> None:
    """The mean is of batches, not of messages, most of which are in the largest ones."""
    assert batches_in(service_lines(300, 3, 97)) == batches_in(bare_lines(300, 3, 97)) == Batches(3, 400, 300)


def test_other_lines_are_no_batches() -> None:
    """What a service says besides, and messages of other topics."""
    other = {"event": "message", "consumer": "tickets", "place": "tickets-setup[0]@1", "batch": 9}
    lines = [json.dumps(other), json.dumps({"event": "started"}), "a trace", *service_lines(2)]
    assert batches_in(lines) == Batches(1, 2, 2)


def test_only_what_was_said_in_the_measured_time_counts(tmp_path: Path) -> None:
    """Batches of the warm-up do not; a line that is being written is read when it is whole."""
    log = tmp_path / "log"
    warm = "\n".join(bare_lines(500, 500)) + "\n"
    log.write_text(warm + bare_lines(20)[0] + "\n" + bare_lines(30)[0][:-4])
    assert batches_after(log, len(warm)) == Batches(1, 20, 20)


def test_limit_and_mean_of_all_rounds_are_told() -> None:
    """The bare loop has the services' limit, not one of its own."""
    assert vars(stage_bare)["MAX_RECORDS"] is MAX_RECORDS
    assert told([Batches(2, 30, 20), Batches(1, 300, 300)]) == {
        "limit_of_a_batch": MAX_RECORDS,
        "mean_batch": 110.0,
        "largest_batch": 300,
        "batches": 3,
    }
    with pytest.raises(ValueError, match="tells of a batch"):
        told([])
