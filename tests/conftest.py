"""The fixtures that every kind of test may ask for, nothing started until one does; and which tests stay together."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.servers import (
    admin_database_url,
    database_templates,
    kafka_bootstrap,
    make_database,
    serve_workers,
    topic_prefix,
)

__all__ = ["admin_database_url", "database_templates", "kafka_bootstrap", "make_database", "topic_prefix"]

RUNNING = pytest.StashKey[ExitStack]()
HERE = Path(__file__).parent
#: Folders whose tests share something that takes long to start: a desk, a preview of every page.
TOGETHER = ("browser", "e2e")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Servers for all workers, before the first of them starts."""
    config.stash[RUNNING] = ExitStack()
    config.stash[RUNNING].enter_context(serve_workers())


def pytest_unconfigure(config: pytest.Config) -> None:
    """They end after the last worker has."""
    if RUNNING in config.stash:
        config.stash[RUNNING].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each file's tests are run by one worker, one after another; those of some folders too."""
    for item in items:
        path = item.path.relative_to(HERE)
        group = path.parts[0] if path.parts[0] in TOGETHER else path.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))
