"""Percentiles are waits that somebody had."""

import json

import pytest

from tests.bench.waits import in_milliseconds, percentile, with_lost


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    """Of a hundred waits one in a hundred may be longer than the 99th percentile, not two."""
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, part) for part in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]


def test_few_values_have_the_longest_as_their_upper_percentiles() -> None:
    """Ten waits say nothing that would let the 99th percentile be shorter than the longest of them."""
    assert percentile([1.0] * 9 + [7.0], 0.99) == 7.0
    assert percentile([3.0], 0.5) == 3.0


@pytest.mark.parametrize("part", [0, -0.5, 1.01, 99])
def test_a_part_is_above_0_and_at_most_1(part: float) -> None:
    """99 where 0.99 was meant is a mistake, not the longest wait."""
    with pytest.raises(ValueError, match="no part"):
        percentile([1.0], part)


def test_nothing_has_no_percentile() -> None:
    """A part that measured nothing says so, instead of being infinitely fast."""
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_seconds_are_told_as_milliseconds() -> None:
    """Units do not slip by a thousand."""
    assert in_milliseconds([0.002, 0.25]) == {
        "count": 2,
        "p50_ms": 2.0,
        "p95_ms": 250.0,
        "p99_ms": 250.0,
        "longest_ms": 250.0,
    }


def test_what_never_came_has_waited_longest() -> None:
    """Up to one lost in twenty leaves a p95; one more, and there is none. JSON knows nothing infinite."""
    nineteen = in_milliseconds(with_lost([0.25] * 19, 20))
    assert nineteen == {"count": 20, "lost": 1, "p50_ms": 250, "p95_ms": 250, "p99_ms": None, "longest_ms": None}
    eighteen = in_milliseconds(with_lost([0.25] * 18, 20))
    assert (eighteen["lost"], eighteen["p50_ms"], eighteen["p95_ms"]) == (2, 250, None)
    assert json.loads(json.dumps(eighteen, allow_nan=False)) == eighteen
