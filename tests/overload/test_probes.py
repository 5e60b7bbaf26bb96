"""What doors say in an outage, judged: each as it must be, and while it begins still as if nothing were away."""

import httpx2
import pytest

from tests.overload.answers import ONSET_SECONDS
from tests.overload.outages import Answer, Outage, expected_of, fault_of_page, judge_probes
from tests.overload.report import Part

LATER = ONSET_SECONDS + 1.0


def broken_by(away: str, *more: Answer, unasked: str = "") -> list[str]:
    """What is broken where every door but one was asked and said what it must, and these besides."""
    right = [Answer(door, LATER, 0.1, code) for door, code in expected_of(away).items() if door != unasked]
    part = Part("outages")
    judge_probes(part, Outage(away), [*right, *more], 0.0)
    return part.broken


@pytest.mark.parametrize("away", ["broker", "database", "both"])
def test_outage_holds_where_every_door_says_what_it_must(away: str) -> None:
    """Nothing is broken, and every door was asked."""
    assert broken_by(away) == []


@pytest.mark.parametrize("door", ["work list", "ticket page", "request page", "form page", "portal", "list"])
def test_page_that_nobody_asked_for_is_told(door: str) -> None:
    """That pages are read on is judged of each kind of page, or it is not said."""
    assert broken_by("broker", unasked=door) == [f"broker gone: nobody asked {[door]}"]


@pytest.mark.parametrize(
    ("door", "code", "wrong"),
    [
        ("mail", 250, False),
        ("mail", 451, False),
        ("mail", 550, True),
        ("mail", None, True),
        ("form post", 303, False),
        ("form post", 503, False),
        ("form post", 500, True),
        ("command", 202, False),
        ("command", 500, True),
        ("ticket page", 200, False),
        ("ticket page", 503, False),
        ("ticket page", 404, True),
        ("readyz of tickets", 200, False),
        ("readyz of tickets", 503, False),
        ("readyz of tickets", 500, True),
    ],
)
def test_first_seconds_of_an_outage_allow_what_is_healthy_or_away_and_nothing_else(
    door: str, code: int | None, *, wrong: bool
) -> None:
    """A door that has not noticed yet answers as before; a fault or a no for good is never right."""
    assert bool(broken_by("both", Answer(door, 1.0, 0.1, code))) is wrong


@pytest.mark.parametrize(("door", "code"), [("mail", 250), ("ticket page", 200), ("command", 201), ("form post", 303)])
def test_later_a_door_may_not_say_what_is_healthy(door: str, code: int) -> None:
    """What is taken or shown with both servers away is a promise broken."""
    assert broken_by("both", Answer(door, LATER, 0.1, code)) == [f"both gone: {door} said {code}"]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (httpx2.Response(200, text="<h1>Router</h1> mk0000000001"), ""),
        (httpx2.Response(200, text="<h1>Sign in</h1>"), "not what it shows else"),
        (httpx2.Response(503, text="<h1>Away</h1>", headers={"Retry-After": "2"}), ""),
        (httpx2.Response(503, text="<h1>Away</h1>"), "without Retry-After"),
        (httpx2.Response(503, text="away", headers={"Retry-After": "2"}), "not a page in plain words"),
        (None, ""),
    ],
)
def test_page_shows_what_it_always_shows_or_says_in_plain_words_that_it_cannot(
    answer: httpx2.Response | None, fault: str
) -> None:
    """A page of 200 that shows something else instead is no page that is read on."""
    assert fault_of_page(answer, "mk0000000001") == fault
