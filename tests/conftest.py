"""The fixtures that every kind of test may ask for, nothing started until one does; and how several workers run."""

from contextlib import ExitStack

import pytest
from xdist.remote import Producer

from tests.support.servers import (
    admin_database_url,
    database_templates,
    kafka_bootstrap,
    make_database,
    serve_workers,
    topic_prefix,
)
from tests.support.workers import RoomByRoom

__all__ = ["admin_database_url", "database_templates", "kafka_bootstrap", "make_database", "topic_prefix"]

RUNNING = pytest.StashKey[ExitStack]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Servers for all workers, before the first of them starts."""
    config.stash[RUNNING] = ExitStack()
    config.stash[RUNNING].enter_context(serve_workers())


def pytest_unconfigure(config: pytest.Config) -> None:
    """They end after the last worker has."""
    if RUNNING in config.stash:
        config.stash[RUNNING].close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> RoomByRoom:
    """Which worker runs which tests."""
    return RoomByRoom(config, log)
