"""When a stream can resume, and what the docs page may load."""

import pytest

from services.portal_gateway.routes.api.docs import policy_for
from services.portal_gateway.routes.live import has_gap


@pytest.mark.parametrize(
    ("seen", "oldest", "newest", "gap"),
    [
        (10, 1, 10, False),
        (0, 1, 10, False),
        (5, 6, 10, False),
        (4, 6, 10, True),
        (10, 0, 10, False),
        (9, 0, 10, True),
        (11, 1, 10, True),
        (0, 0, 0, False),
    ],
)
def test_a_gap_is_told(seen: int, oldest: int, newest: int, *, gap: bool) -> None:
    """B11: whoever saw less than is kept, or more than there is, must read anew; nobody else."""
    assert has_gap(seen, oldest, newest) is gap


def test_docs_page_may_load_just_what_it_names() -> None:
    """The one page with a foreign source allows that source and its own script by hash, nothing inline besides."""
    policy = policy_for(
        '<link href="https://cdn.example/a.css"><script src="https://cdn.example/a.js"></script><script>x()</script>'
    )
    assert "script-src 'sha256-" in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert policy.count("https://cdn.example") == 3
    assert "a.js" not in policy
