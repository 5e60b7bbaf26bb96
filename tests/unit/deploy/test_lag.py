"""How far behind a service is."""

from aiokafka import TopicPartition

from deploy.local.lag import behind

A, B = TopicPartition("t", 0), TopicPartition("t", 1)


def test_behind_counts_from_what_was_committed_or_is_still_kept() -> None:
    """Never committed: everything kept; committed before the kept ones: those; at the end: none."""
    assert behind({A: 5, B: 0}, {A: 9, B: 3}, {}) == 7
    assert behind({A: 5, B: 0}, {A: 9, B: 3}, {A: 2, B: 3}) == 4
    assert behind({A: 5}, {A: 9}, {A: 9}) == 0
