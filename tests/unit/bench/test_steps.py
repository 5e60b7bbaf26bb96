"""The search for the highest rate tells one that held."""

import pytest

from tests.bench.steps import Search


def searched(search: Search, limit: float) -> list[float]:
    """The rates that are tried where just those up to a limit hold."""
    tried = []
    while (rate := search.next()) is not None:
        tried.append(rate)
        search.tell(rate, held=rate <= limit)
    return tried


def test_it_goes_up_until_a_rate_fails_and_then_between() -> None:
    """The highest rate is one that was tried and held, and near the limit."""
    search = Search(16, factor=1.5, refinements=3)
    tried = searched(search, 100)
    assert tried[:6] == [16, 24, 36, 54, 81, 121.5]
    assert search.held in tried
    assert search.held is not None
    assert 92 < search.held <= 100


def test_it_goes_down_where_the_first_rate_fails() -> None:
    """A slow desk gets a figure too."""
    search = Search(16, factor=2, refinements=2)
    searched(search, 5)
    assert search.held is not None
    assert 4 <= search.held <= 5


def test_it_ends_with_nothing_where_nothing_holds() -> None:
    """A desk that answers nothing has no rate."""
    search = Search(16, factor=2, lowest=2)
    assert searched(search, 0) == [16, 8, 4, 2]
    assert search.held is None


def test_it_ends() -> None:
    """However high the limit, each try is above the last that held, and after the first failure few are left."""
    tried = searched(Search(16, refinements=2), 1000)
    assert len(tried) == len(set(tried)) < 16


def test_a_rate_that_was_not_asked_for_is_a_mistake() -> None:
    """A rate below one that held tells nothing new."""
    search = Search(16)
    search.tell(16, held=True)
    with pytest.raises(ValueError, match="not asked for"):
        search.tell(8, held=True)
