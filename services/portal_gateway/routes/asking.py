"""What routes that change something share: who calls under which id, what version they saw, what to answer."""

import re
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, JsonValue
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.portal_gateway.domain.caller import Caller, fingerprint, keyed_id
from services.portal_gateway.domain.rights import Staff
from services.portal_gateway.routes.context import context_of
from services.portal_gateway.routes.problems import Problem, ProblemError, invalid, refusal
from shared.contracts.answers import Answer
from shared.ids import new_id

KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_TAG = re.compile(r'(?:W/)?"?([0-9]{1,18})"?')
MOST_ROWS, ROWS = 200, 50

#: How many rows a list gives, and where it goes on.
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="How many, at most.")]
CursorText = Annotated[str | None, Query(max_length=600, alias="cursor", description="`next` of the page before.")]


def caller_of(request: Request, staff: Staff, *content: JsonValue, key: str | None = None) -> Caller:
    """Who calls. With an Idempotency-Key (or a form's `key`) the same content is the same command.

    Args:
        request: of the route.
        staff: who asks.
        content: everything that was asked for, with file hashes in place of files.
        key: of a form; else the header's.

    Raises:
        ProblemError: the key is none.
    """
    said = key if key is not None else request.headers.get(KEY_HEADER)
    now = context_of(request).clock()
    if said is None:
        return Caller(staff.actor, new_id(), now)
    if not _KEY.fullmatch(said):
        raise invalid(KEY_HEADER, "1 to 200 visible ASCII characters.")
    asked = fingerprint(request.method, request.url.path, *content)
    return Caller(staff.actor, keyed_id(staff.person_id, said), now, asked)


def version_seen(request: Request) -> int | None:
    """The version that If-Match names; none for any version.

    Raises:
        ProblemError: none is named (428), or what is named is no version.
    """
    said = request.headers.get("if-match")
    if said is None:
        text = 'Send If-Match with the ETag of what you saw, such as "3".'
        raise ProblemError(Problem(428, "version_needed", text, "If-Match"))
    if said.strip() == "*":
        return None
    found = _TAG.fullmatch(said.strip())
    if found is None:
        raise invalid("If-Match", 'a version, such as "3".')
    return int(found.group(1))


def done(answer: Answer) -> Answer:
    """An answer that says it is done.

    Raises:
        ProblemError: the owner refused.
    """
    if answer.outcome == "refused":
        raise ProblemError(refusal(answer))
    return answer


def accepted(caller: Caller) -> JSONResponse:
    """It is on the log, and the answer has not come yet: where to look for it."""
    url = f"/api/v1/commands/{caller.command_id}"
    body = {"command_id": str(caller.command_id), "url": url}
    return JSONResponse(body, 202, {"Location": url, "Retry-After": "1", "Cache-Control": "no-store"})


def tag_of(version: int) -> dict[str, str]:
    """The headers by which a client says later what it saw."""
    return {"ETag": f'"{version}"', "Cache-Control": "private, no-cache"}


def shown(shape: BaseModel, version: int, status: int = 200, url: str = "") -> Response:
    """A thing with its version as ETag; `url` is where it is, where it was just made."""
    headers = tag_of(version)
    if status == 201:
        headers["Location"] = url
    return Response(shape.model_dump_json(by_alias=True), status, headers, media_type="application/json")
