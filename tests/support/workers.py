"""A run by several workers: one set of servers for all, and tests that share something slow kept together."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

#: Folders whose tests share what takes long to start: a preview of every page, a desk.
TOGETHER = ("tests/browser", "tests/e2e")


def room_of(test: str) -> str:
    """The folder or the file whose tests one worker runs, one after another.

    Args:
        test: its id, such as ``tests/e2e/test_rules.py::test_added``.
    """
    file = PurePosixPath(test.partition("::")[0])
    return next((folder for folder in TOGETHER if file.is_relative_to(folder)), str(file))


class RoomByRoom(LoadScopeScheduling):  # type: ignore[misc] # the plugin has no types
    """Each room is one worker's."""

    def _split_scope(self, nodeid: str) -> str:
        return room_of(nodeid)
