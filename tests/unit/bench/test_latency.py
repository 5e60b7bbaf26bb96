"""The rate of the waits is a tenth of what was measured."""

from tests.bench.latency import rate_after


def test_the_rate_is_a_tenth_of_the_highest_and_at_least_one() -> None:
    """A desk that nothing is known of gets a modest rate."""
    assert rate_after({"whole_path": {"mails_per_second": 80.0}}) == 8.0
    assert rate_after({"whole_path": {"mails_per_second": 0.0}}) == 1.0
    assert rate_after({}) == 5.0
