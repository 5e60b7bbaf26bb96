"""What is judged of a bad day, by figures of one that never was: each promise that is broken is told."""

from itertools import count
from math import sqrt

import pytest

from tests.chaos.checker.seen import Finding
from tests.chaos.history import Input, Kind, Outcome, Try
from tests.chaos.load import MIX
from tests.overload import doors
from tests.overload.flood import DOORS, LEAST_OTHERS, judge_others
from tests.overload.flooding import SENDER
from tests.overload.report import Part
from tests.overload.size import Size

_ops = (f"mk{number:010}" for number in count())
SPANS = {"alone": [(0.0, 100.0)], "beside": [(100.0, 200.0)]}


def given(
    kind: Kind,
    at: float,
    seconds: float = 0.1,
    code: int | None = 250,
    outcome: Outcome = Outcome.OK,
    again_seconds: float = 0.0,
) -> Input:
    """An input that was tried once."""
    return Input(next(_ops), kind, {}, [Try(at, at + seconds, outcome, code, "", "door", again_seconds)])


def others(*, forms: int, seconds_beside: float = 0.1) -> list[Input]:
    """So many forms alone and beside the flood, and enough of all else."""
    counts = {Kind.MAIL: LEAST_OTHERS, Kind.NOTE: LEAST_OTHERS, Kind.FORM: forms}
    return [
        given(kind, at, seconds)
        for kind, number in counts.items()
        for at, seconds in ((50.0, 0.1), (150.0, seconds_beside))
        for _ in range(number)
    ]


def test_flood_holds_where_others_hardly_notice() -> None:
    """Enough tries at every door, as quick beside the flood as alone."""
    part = Part("flood")
    judge_others(part, others(forms=LEAST_OTHERS), SPANS)
    assert part.held


def test_flood_with_too_few_others_is_not_judged_and_does_not_hold() -> None:
    """Nobody can say what the flood does to forms by one try too few; that is told, and is no promise kept."""
    part = Part("flood")
    judge_others(part, others(forms=LEAST_OTHERS - 1), SPANS)
    assert not part.held
    assert [sentence for sentence in part.unjudged if "form door" in sentence] == part.unjudged != []


def test_flood_that_others_feel_is_slow() -> None:
    """Three times as long at each door is told of each."""
    part = Part("flood")
    judge_others(part, others(forms=LEAST_OTHERS, seconds_beside=0.3), SPANS)
    assert len(part.slow) == len(DOORS)
    assert part.unjudged == []


def test_turns_of_a_flood_are_so_long_that_every_door_is_judged() -> None:
    """Even an unlucky run, four deviations under what the load gives at a door, has tries enough."""
    seconds = Size.turns * doors.TURN_SECONDS
    for kinds in DOORS.values():
        expected = sum(MIX[kind] for kind in kinds) / sum(MIX.values()) * doors.OTHERS_A_SECOND * seconds
        assert expected - 4 * sqrt(expected) >= LEAST_OTHERS


@pytest.mark.parametrize(
    ("check", "detail", "owed_nothing"),
    [
        ("notifications_missing", f"message to {SENDER}: nothing was queued", True),
        ("notifications_missing", f"{SENDER} was never told that the request came", True),
        ("notifications_missing", "c1-abc@kunde0.example was never told that the request came", False),
        ("notifications_missing", f"x{SENDER} was never told that the request came", False),
        ("notifications_uninvolved", f"{SENDER} got a mail that nothing asked for", False),
    ],
)
def test_only_the_floods_own_sender_is_owed_nothing(check: str, detail: str, *, owed_nothing: bool) -> None:
    """A mail that another customer misses is a finding, and so is one that nothing asked for."""
    assert doors.is_owed_nothing(Finding(check, "mk0000000001", detail), SENDER) is owed_nothing
