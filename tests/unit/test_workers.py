"""Tests that share a desk are one worker's; others are shared out by file."""

import subprocess
import sys
from pathlib import Path

from tests.support.workers import room_of

FILES = {"e2e/test_a.py": 3, "e2e/test_b.py": 3, "unit/test_c.py": 4}
ASKED = """\
import os

import pytest

@pytest.mark.parametrize("n", range({count}))
def test_it(n):
    with open({told!r}, "a") as told:
        told.write({file!r} + " " + os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""


def test_rooms() -> None:
    assert room_of("tests/e2e/test_rules.py::test_a[1]") == room_of("tests/e2e/test_live.py::test_b") == "tests/e2e"
    assert room_of("tests/unit/test_ids.py::TestIds::test_c") == "tests/unit/test_ids.py"


def test_each_room_is_run_by_one_worker(tmp_path: Path) -> None:
    """As pytest and its plugin see it: between versions of both, such a wish was lost without a word."""
    told = tmp_path / "told"
    for file, count in FILES.items():
        path = tmp_path / "tests" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ASKED.format(count=count, told=str(told), file=file))
    hook = "def pytest_xdist_make_scheduler(config, log):\n    return RoomByRoom(config, log)\n"
    (tmp_path / "conftest.py").write_text(f"from tests.support.workers import RoomByRoom\n\n\n{hook}")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-q", "-p", "no:schemathesis", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    workers: dict[str, set[str]] = {}
    for line in told.read_text().splitlines():
        file, worker = line.split()
        workers.setdefault(room_of(f"tests/{file}"), set()).add(worker)
    assert len(told.read_text().splitlines()) == sum(FILES.values())
    assert {room: len(ran_by) for room, ran_by in workers.items()} == {"tests/e2e": 1, "tests/unit/test_c.py": 1}
