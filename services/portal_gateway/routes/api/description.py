"""The API's OpenAPI description: what FastAPI finds in the routes, and what holds for all of them."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from services.portal_gateway.routes.problems import MEDIA_TYPE
from shared.contracts.answers import Conflict

VERSION = "1"
_ABOUT = """Everything that staff do in the workspace, for programs. Show an API token as `Authorization: Bearer dsk_…`
(`deskstream token create NAME` makes one).

- Lists are `{"items": […], "next": …}`; ask again with `cursor` set to `next`.
- What changes something is answered with the new state. If that takes too long, the answer is 202 with the `url`
  of the command's outcome.
- POST takes an `Idempotency-Key`: the same key with the same body is done once and gets the first answer.
- PATCH needs `If-Match` with the ETag of what was seen (or `*`); without it the answer is 428. A named field that
  changed since is a 409 with both values.
- Whatever goes wrong is a problem (RFC 9457) with a stable `code`.
"""
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": 'The ETag that was seen, such as `"3"`, or `*`.',
}


class FaultShape(BaseModel):
    """One field that does not fit."""

    field: str
    text: str


class ProblemShape(BaseModel):
    """What went wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str
    field: str | None = None
    conflicts: dict[str, Conflict] | None = None
    errors: list[FaultShape] | None = None


class AcceptedShape(BaseModel):
    """It is on the log; `url` tells what became of it."""

    command_id: str
    url: str


def describe(app: FastAPI) -> None:
    """The application describes its API, and nothing but its API."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _description(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it


def _description(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title="Deskstream", version=VERSION, description=_ABOUT, routes=app.routes)
    found["paths"] = {path: said for path, said in found["paths"].items() if _is_api(path)}
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for shape in (ProblemShape, AcceptedShape):
        schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[shape.__name__] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for operations in found["paths"].values():
        for method, operation in operations.items():
            _complete(operation, method)
    return found


def _is_api(path: str) -> bool:
    return path.startswith("/api/v1") or path == "/events"


def _complete(operation: dict[str, Any], method: str) -> None:
    """What every operation of its kind may answer and take."""
    responses = operation["responses"]
    responses.pop("422", None)
    problem = {"schema": {"$ref": f"#/components/schemas/{ProblemShape.__name__}"}}
    responses["default"] = {"description": "What went wrong", "content": {MEDIA_TYPE: problem}}
    if method == "get":
        return
    accepted = {"schema": {"$ref": f"#/components/schemas/{AcceptedShape.__name__}"}}
    responses["202"] = {"description": "On the log, not answered yet", "content": {"application/json": accepted}}
    parameters = operation.setdefault("parameters", [])
    if method == "post":
        parameters.append(_KEY)
    if method == "patch":
        parameters.append(_MATCH)
        responses["428"] = {"description": "No version was named", "content": {MEDIA_TYPE: problem}}
