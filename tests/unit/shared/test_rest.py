"""How long a consumer lets records gather after a batch."""

import pytest

from shared.messaging.consumer import LONGEST_REST_SECONDS, SMALL_BATCH, rest_after


def test_after_a_small_batch_records_gather_for_as_long_as_it_took() -> None:
    """On an idle desk that is milliseconds; on a busy one half of the time at most, and never long."""
    assert rest_after(1, 0.004) == 0.004
    assert rest_after(SMALL_BATCH - 1, 3.0) == LONGEST_REST_SECONDS


@pytest.mark.parametrize("records", [SMALL_BATCH, 500])
def test_a_queue_is_not_rested_from(records: int) -> None:
    """Where much waits already there is nothing to gather."""
    assert rest_after(records, 3.0) == 0.0
