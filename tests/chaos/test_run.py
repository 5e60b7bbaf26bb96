"""What a run leaves behind: a file of this run or none, and figures of what was done, not of what was asked."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.local.console import Steps
from deploy.local.errors import StackError
from tests.chaos.__main__ import prove
from tests.chaos.checker.report import Verdict, judge
from tests.chaos.checker.seen import Evidence, Finding
from tests.chaos.checker.stand_in import evidence
from tests.chaos.run import Run, under_faults
from tests.chaos.servers import NotReadyError
from tests.chaos.walk import Walk, Walked

PASSAGE = ("tickets", "consumer.tickets.before_commit", 1)
LOST = Finding("lost", "mk00000000w1", "mail, told ok")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file, as an earlier run left it."""
    path = tmp_path / "chaos.json"
    path.write_text('{"result": "clean", "lost": 0}')
    return path


@pytest.fixture
def asked(tmp_path: Path) -> Run:
    return Run(tmp_path / "chaos", seconds=600, seed=7, rate=6, faults=8)


def result_of(path: Path) -> str:
    return str(json.loads(path.read_text())["result"])


async def clean(*_: object) -> tuple[Verdict, Evidence]:
    return judge(evidence()), evidence()


async def not_ready(*_: object) -> Any:
    raise NotReadyError("the broker does not answer")


async def broken(*_: object) -> Any:
    raise StackError("no room", "make some")


def walk(walked: Walked) -> Any:
    async def then(asked: Walk, _: Steps) -> Walked:
        assert list(asked.times) == [1]
        return walked

    return then


@pytest.mark.parametrize("play", [not_ready, broken])
def test_run_without_a_verdict_leaves_no_file(asked: Run, path: Path, play: Any) -> None:
    """What an earlier run left is not taken for this one's."""
    assert prove(asked, 1, path, play=play) == 2
    assert not path.exists()


def test_run_that_dies_leaves_no_file(asked: Run, path: Path) -> None:
    """Nor where it ends in a way that nobody thought of."""

    async def dies(*_: object) -> Any:
        raise KeyError("version")

    with pytest.raises(KeyError):
        prove(asked, 1, path, play=dies)
    assert not path.exists()


def test_walk_without_a_verdict_is_told(asked: Run, path: Path) -> None:
    """The run's own figures stay; the file does not say clean."""
    assert prove(asked, 1, path, play=clean, then=not_ready) == 2
    told = json.loads(path.read_text())
    assert told["result"] == "none: the broker does not answer"
    assert (told["accepted"], told["seed"], "crash_points" in told) == (5, 7, False)


def test_file_says_nothing_before_the_walk_is_over(asked: Run, path: Path) -> None:
    """A run that is killed in its walk has not left a clean file."""

    async def looks(*_: object) -> Walked:
        assert result_of(path).startswith("none: ")
        return Walked({PASSAGE}, {PASSAGE}, judge(evidence()))

    assert prove(asked, 1, path, play=clean, then=looks) == 0
    assert result_of(path) == "clean"


def test_figures_are_of_run_and_walk(asked: Run, path: Path) -> None:
    """What the walk found stands where whoever reads the file looks for it."""
    found = Verdict([LOST], judge(evidence()).facts)
    assert prove(asked, 1, path, play=clean, then=walk(Walked({PASSAGE}, {PASSAGE}, found))) == 1
    told = json.loads(path.read_text())
    assert (told["result"], told["accepted"], told["lost"], told["doubled"]) == ("faults", 10, 1, 0)
    assert told["findings"] == [f"lost {LOST.subject}: {LOST.detail}"]
    assert told["crash_points"] == {"walked": 1, "missed": 0, "faults": 1}


def test_point_that_was_missed_is_a_fault(asked: Run, path: Path) -> None:
    """A walk that found nothing has not walked what it missed."""
    missed = Walked({PASSAGE, (*PASSAGE[:2], 2)}, {PASSAGE}, judge(evidence()))
    assert prove(asked, 1, path, play=clean, then=walk(missed)) == 1
    told = json.loads(path.read_text())
    assert (told["result"], told["crash_points"]) == ("faults", {"walked": 1, "missed": 1, "faults": 1})


def test_run_alone_is_the_whole_verdict(asked: Run, path: Path) -> None:
    """Without a walk, as it was."""
    assert prove(asked, 0, path, play=clean) == 0
    told = json.loads(path.read_text())
    assert (told["result"], told["accepted"], told["run"]) == ("clean", 5, {"rate": 6, "spread": False})


class Busy:
    """A session whose load and faults are over at once; it remembers what was asked of it."""

    def __init__(self) -> None:
        self.load = self.faults = self.steps = self
        self.asked: list[Any] = []

    async def run(self, seconds: float) -> None:
        self.asked.append(seconds)

    async def play(self, planned: Any) -> None:
        self.asked.append(len(planned))

    def say(self, _: str) -> None:
        """Nothing: nobody reads it."""

    async def under_load(self, work: Any) -> None:
        work.close()


async def test_seconds_are_those_that_the_load_took(asked: Run) -> None:
    """Not those that were asked for: faults that wait make it longer, and a spread run has its own length."""
    now: Any = Busy()
    assert await under_faults(now, asked) < asked.seconds
    assert now.asked[0] == asked.seconds
    assert await under_faults(now, replace(asked, spread=True)) < asked.seconds
