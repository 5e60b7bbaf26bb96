"""What went wrong, as HTTP says it: one value for the API's problems and for the pages that say the same.

Source: RFC 9457 (problem details).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from shared.contracts.answers import Answer, Conflict

MEDIA_TYPE = "application/problem+json"
#: Time after which whatever was away may be back.
RETRY_SECONDS = 2
_MOST_FAULTS = 20

#: Codes of refusals and their status; those that begin with ``unknown_`` are 422, all others 409.
_STATUS_OF_CODE = {
    "not_found": 404,
    "forbidden": 403,
    "invalid": 422,
    "too_long": 422,
    "too_many": 422,
}
_TITLES = {
    400: "That cannot be read",
    401: "Sign in first",
    403: "You may not do that",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "It changed meanwhile",
    413: "That is too large",
    415: "That kind of content is not taken here",
    422: "Something does not fit",
    428: "Say which version you saw",
    429: "Too many tries",
    503: "Not just now",
}
_DETAILS = {
    401: "Sign in, or show an API token that is in use.",
    404: "It may have been moved, or the address is wrong.",
    503: "A part of the desk does not answer. It is tried again by itself; try again in a moment.",
    500: "The fault is ours and was noted.",
}


@dataclass(frozen=True)
class Problem:
    """What is said to whoever asked.

    Attributes:
        code: stable, for programs.
        detail: one sentence for a person.
        field: what the request named wrongly.
        conflicts: with status 409, every field that differs.
        faults: with status 422, every field with what is wrong.
    """

    status: int
    code: str
    detail: str = ""
    field: str | None = None
    title: str = ""
    conflicts: Mapping[str, Conflict] = dataclasses.field(default_factory=dict)
    faults: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title or _TITLES.get(self.status, "Something went wrong"))
        object.__setattr__(self, "detail", self.detail or _DETAILS.get(self.status, ""))


class ProblemError(Exception):
    """A route has nothing else to say than this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.code}")
        self.problem = problem


AWAY = Problem(503, "away", headers={"Retry-After": str(RETRY_SECONDS)})
FAULT = Problem(500, "fault")
NOT_FOUND = Problem(404, "not_found")


def refusal(answer: Answer) -> Problem:
    """An owner's refusal."""
    code = answer.code or "refused"
    status = 422 if code.startswith("unknown_") else _STATUS_OF_CODE.get(code, 409)
    title = "" if status != 409 or code == "conflict" else "That cannot be done now"
    return Problem(status, code, answer.text, answer.field, title, dict(answer.conflicts))


def invalid(name: str, text: str, code: str = "invalid") -> ProblemError:
    """One part of a request that does not fit."""
    return ProblemError(Problem(422, code, f"{name}: {text}", name, faults=((name, text),)))


def not_found(what: str) -> ProblemError:
    """There is none of what was asked for; whether there ever was, is not said."""
    return ProblemError(Problem(404, "not_found", f"There is no such {what}."))


def validation(error: RequestValidationError) -> Problem:
    """What does not fit a request's model, by field; what was sent is not said again."""
    faults = [(_place(fault["loc"]), str(fault["msg"])) for fault in error.errors()[:_MOST_FAULTS]]
    first, text = faults[0] if faults else ("", "")
    return Problem(422, "invalid", f"{first}: {text}" if first else text, first or None, faults=faults)


def as_json(connection: HTTPConnection, problem: Problem) -> JSONResponse:
    """A problem as the API tells it."""
    body: dict[str, Any] = {
        "type": f"urn:deskstream:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "correlation_id": correlation_of(connection),
    }
    if problem.field is not None:
        body["field"] = problem.field
    if problem.conflicts:
        body["conflicts"] = {name: told.model_dump(mode="json") for name, told in problem.conflicts.items()}
    if problem.faults:
        body["errors"] = [{"field": name, "text": text} for name, text in problem.faults]
    headers = {"Cache-Control": "no-store", **problem.headers}
    return JSONResponse(body, problem.status, headers, media_type=MEDIA_TYPE)


def correlation_of(connection: HTTPConnection) -> str:
    """The id by which this request is found in the logs."""
    return str(connection.scope.get("state", {}).get("correlation_id", ""))


def _place(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location if part not in {"body", "query", "path", "header"})
