"""What is judged of a bad day, by figures of one that never was: each promise that is broken is told."""

from itertools import count
from math import sqrt

import pytest

from tests.chaos.checker.seen import Finding
from tests.chaos.history import Input, Kind, Outcome, Try
from tests.chaos.load import MIX
from tests.overload import doors
from tests.overload.answers import judge_answers
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


UNKNOWN = Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (given(Kind.MAIL, 1.0, 20.0, None, UNKNOWN), "mail had no answer"),
        (given(Kind.NOTE, 1.0, 0.1, 500, UNKNOWN), "note was told 500"),
        (given(Kind.MAIL, 1.0, 0.1, 550, Outcome.FAIL), "mail was told 550"),
        (given(Kind.FORM, 1.0, 0.1, 503, UNKNOWN), "form was told 503 without Retry-After"),
        (given(Kind.FORM, 1.0, 0.1, 429, UNKNOWN), "form was told 429 without Retry-After"),
        (given(Kind.NOTE, 1.0, 0.1, 429, UNKNOWN, 3.0), "note was told 429"),
    ],
)
def test_wrong_answer_of_a_bad_day_is_a_promise_broken(one: Input, told: str) -> None:
    """A hang, a fault, a no for good and a 503 that does not say when to come again, from the first moment on."""
    part = Part("disk")
    judge_answers(part, "the disk", [one], (0.0, 40.0), [0.0])
    assert len(part.broken) == 1
    assert told in part.broken[0]


@pytest.mark.parametrize(
    ("one", "slow"),
    [
        (given(Kind.MAIL, 5.0, 3.0, 451, UNKNOWN), 0),
        (given(Kind.MAIL, 7.0, 0.9, 451, UNKNOWN), 0),
        (given(Kind.MAIL, 7.0, 1.1, 451, UNKNOWN), 1),
        (given(Kind.MAIL, 7.0, 1.1), 1),
        (given(Kind.FORM, 7.0, 0.1, 429, UNKNOWN, 3.0), 0),
        (given(Kind.NOTE, 7.0, 2.2, 202), 0),
        (given(Kind.NOTE, 7.0, 2.2, 503, UNKNOWN, 2.0), 1),
        (given(Kind.NOTE, 7.0, 3.1, 202), 1),
        (given(Kind.FORM, 19.0, 2.5, 503, UNKNOWN, 2.0), 0),
        (given(Kind.FORM, 17.0, 2.5, 503, UNKNOWN, 2.0), 1),
        (given(Kind.MAIL, 41.0, 9.0), 0),
    ],
)
def test_answers_of_a_bad_day_come_in_time(one: Input, slow: int) -> None:
    """Within a second, and a command that was taken two later; not when a server goes away, nor once it is over."""
    part = Part("disk")
    judge_answers(part, "the disk", [one], (0.0, 40.0), [0.0, 20.0])
    assert part.broken == []
    assert len(part.slow) == slow
