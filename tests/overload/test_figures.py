"""How figures are made of what was seen."""

import pytest

from tests.overload.backlog import tenth_rates
from tests.overload.inputs import percentile
from tests.overload.report import Part


def test_rates_of_tenths_tell_a_slow_end_from_an_even_run() -> None:
    """An even run has ten equal rates; one that takes twice as long for its second half shows half the rate there."""
    even = [(float(second), 100 * second) for second in range(11)]
    assert tenth_rates(even) == pytest.approx([100.0] * 10)
    slow = [
        *((float(second), 100 * second) for second in range(6)),
        *((5.0 + 2 * n, 500 + 100 * n) for n in range(1, 6)),
    ]
    assert tenth_rates(slow) == pytest.approx([100.0] * 5 + [50.0] * 5)


def test_percentile_is_one_of_the_values() -> None:
    """The p95 of twenty is the largest; of none it is nothing."""
    assert percentile([float(n) for n in range(20)], 0.95) == 19.0
    assert percentile([3.0], 0.5) == 3.0
    assert percentile([], 0.95) == 0.0


def test_part_holds_only_where_every_promise_did() -> None:
    """What was slow counts as much as what was broken."""
    part = Part("x")
    part.promise(holds=True, otherwise="never said")
    assert part.held
    part.promise_in_time(holds=False, otherwise="late")
    assert (part.held, part.broken, part.slow) == (False, [], ["late"])


def test_part_does_not_hold_where_a_promise_was_not_judged() -> None:
    """It is neither kept nor broken; a run that could not say must not end as if it had."""
    part = Part("x")
    part.not_judged("too few")
    assert (part.held, part.broken, part.slow, part.unjudged) == (False, [], [], ["too few"])
