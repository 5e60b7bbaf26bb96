"""Refusals and faults as HTTP says them."""

from uuid import UUID

import pytest

from services.portal_gateway.routes.problems import AWAY, Problem, refusal
from shared.contracts.answers import Answer, Conflict


def answer(code: str, **more: object) -> Answer:
    values: dict[str, object] = {"command_id": UUID(int=1), "outcome": "refused", "code": code, "text": "No.", **more}
    return Answer.model_validate(values)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("conflict", 409),
        ("not_found", 404),
        ("forbidden", 403),
        ("invalid", 422),
        ("unknown_status", 422),
        ("unknown_team", 422),
        ("too_long", 422),
        ("taken", 409),
        ("already_done", 409),
        ("last_administrator", 409),
        ("of_tomorrow", 409),
    ],
)
def test_a_refusal_has_its_status(code: str, status: int) -> None:
    """Codes of owners, also those that do not exist yet, are told apart by status."""
    problem = refusal(answer(code, field="status"))
    assert (problem.status, problem.code, problem.detail, problem.field) == (status, code, "No.", "status")
    assert problem.title


def test_a_conflict_shows_both_values() -> None:
    """R18: the second agent sees theirs and the other's, and who it was."""
    conflict = Conflict(yours="low", theirs="high", by="agent:1", by_name="Rita", at="2026-11-24T09:00:00+00:00")
    assert refusal(answer("conflict", conflicts={"priority": conflict})).conflicts == {"priority": conflict}


def test_what_is_away_says_when_to_come_again() -> None:
    """A 503 carries Retry-After."""
    assert AWAY.status == 503
    assert int(AWAY.headers["Retry-After"]) > 0


def test_every_problem_has_words() -> None:
    """Also a status that nobody foresaw."""
    assert Problem(418, "teapot").title
