"""Whatever goes wrong while a request is answered becomes one problem: JSON for programs, a page for people.

Invariant: what is away is a 503 that says when to come again; what is our fault is a 500 with the id under which it
is in the log; neither says anything of our inside.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader, Template
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.portal_gateway.domain.listing import CursorError
from services.portal_gateway.domain.rights import safe_next
from services.portal_gateway.routes.access import ForbiddenError, SignInNeededError
from services.portal_gateway.routes.problems import (
    AWAY,
    FAULT,
    Problem,
    ProblemError,
    as_json,
    correlation_of,
    validation,
)
from services.portal_gateway.use_cases.ask import OtherContentError
from shared.errors import TransientError
from shared.postgres.pool import is_transient

_log = structlog.get_logger()
SIGN_IN = "/workspace/sign-in"
#: Bodies that are no upload; texts and fields of one request together.
MOST_BODY_BYTES = 1_048_576
_UPLOADS = ("multipart/form-data", "message/rfc822")
_TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "errors"

#: The page that a part of the site shows for a problem; it may ask the database, and may fail.
ErrorPage = Callable[[Request, Problem], Awaitable[Response]]


def install(
    app: FastAPI,
    max_upload_bytes: int,
    pages: Mapping[str, ErrorPage] | None = None,
    *,
    own_limits: tuple[str, ...] = (),
) -> None:
    """Problems of every kind are answered.

    Args:
        app: the application; add the middleware that tells of every request after this.
        max_upload_bytes: of all files of one request together.
        pages: by the beginning of the path, ``/portal`` for instance, how problems are shown there.
        own_limits: beginnings of paths whose routes bound what they read by themselves, because they keep what was
            typed beside a file that is too large.
    """
    app.state.error_pages = dict(pages or {})

    async def answer(request: Request, error: Exception) -> Response:
        return await _answered(request, error)

    for kind in _SAID:
        app.add_exception_handler(kind, answer)
    most_upload = max_upload_bytes + MOST_BODY_BYTES
    app.add_middleware(BodyLimit, most_bytes=MOST_BODY_BYTES, most_upload_bytes=most_upload, passed_over=own_limits)
    app.add_middleware(Faults)


class Faults:
    """Answers for what no route foresaw."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, told)
        except ClientDisconnect:
            _log.info("client_left")
        except Exception as error:  # whatever it is, its reader gets an answer and the log its cause
            problem = _unforeseen(error)
            if begun:
                raise
            response = await _shown(Request(scope, receive), problem)
            await response(scope, receive, send)
        finally:
            form = scope.get("state", {}).get("form")
            if form is not None:
                await form.close()


class BodyLimit:
    """Refuses bodies that are too large, before they are read and while they are."""

    def __init__(
        self, app: ASGIApp, *, most_bytes: int, most_upload_bytes: int, passed_over: tuple[str, ...] = ()
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_upload_bytes = most_upload_bytes
        self._passed_over = passed_over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._passed_over):
            await self._app(scope, receive, send)
            return
        headers = HTTPConnection(scope).headers
        is_upload = headers.get("content-type", "").startswith(_UPLOADS)
        most = self._most_upload_bytes if is_upload else self._most_bytes
        said = headers.get("content-length", "0")
        if said.isdecimal() and int(said) > most:
            response = await _shown(Request(scope, receive), _too_large(most))
            await response(scope, receive, send)
            return
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                # FastAPI hands this kind on as it is; others become "cannot be read".
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)


def problem_of(error: Exception) -> Problem:
    """What an error that routes raise means."""
    for kind, said in _SAID.items():
        if isinstance(error, kind):
            return said(error)
    return _unforeseen(error)


#: The errors that routes raise on purpose, and what they mean.
_SAID: dict[type[Exception], Callable[[Any], Problem]] = {
    ProblemError: lambda error: error.problem,
    SignInNeededError: lambda _: Problem(401, "sign_in", headers={"WWW-Authenticate": "Bearer"}),
    ForbiddenError: lambda error: Problem(403, error.code, error.reason),
    RequestValidationError: validation,
    OtherContentError: lambda _: Problem(
        422, "key_reused", "This Idempotency-Key was used for another request.", "Idempotency-Key"
    ),
    CursorError: lambda _: Problem(
        422, "invalid", "This cursor is none of this list; ask from the beginning.", "cursor"
    ),
    # What the framework says in words of its own is said by status in ours.
    HTTPException: lambda error: Problem(
        error.status_code, _code_of(error.status_code), headers=dict(error.headers or {})
    ),
}


def _unforeseen(error: Exception) -> Problem:
    if isinstance(error, TransientError) or is_transient(error):
        _log.warning("away", reason=f"{type(error).__name__}: {error}"[:200])
        return AWAY
    _log.error("fault", reason=type(error).__name__, exc_info=error)
    return FAULT


async def _answered(request: Request, error: Exception) -> Response:
    if isinstance(error, SignInNeededError) and not is_for_programs(request):
        return _to_sign_in(request)
    return await _shown(request, problem_of(error))


async def _shown(request: Request, problem: Problem) -> Response:
    """The problem in the form that whoever asked can read."""
    if is_for_programs(request):
        return as_json(request, problem)
    pages: dict[str, ErrorPage] = request.app.state.error_pages
    for beginning, page in pages.items():
        if request.url.path.startswith(beginning):
            try:
                response = await page(request, problem)
            except Exception as error:  # noqa: BLE001 - a page that cannot be made must not hide what it was to say
                _log.warning("error_page_failed", page=beginning, reason=f"{type(error).__name__}: {error}"[:200])
                break
            response.headers.update(problem.headers)
            return response
    html = _plain().render(problem=problem, correlation_id=correlation_of(request))
    return HTMLResponse(html, problem.status, {"Cache-Control": "no-store", **problem.headers})


def is_for_programs(connection: HTTPConnection) -> bool:
    """Whether whoever asked reads JSON."""
    path = connection.url.path
    return path.startswith("/api/") or path == "/events"


def _to_sign_in(request: Request) -> Response:
    """The sign-in page, and from there back to where they were."""
    swapped = request.headers.get("hx-current-url")
    wanted = urlsplit(swapped) if swapped else urlsplit(str(request.url))
    back = safe_next(f"{wanted.path}?{wanted.query}" if wanted.query else wanted.path)
    target = f"{SIGN_IN}?next={quote(back, safe='')}" if request.method == "GET" or swapped else SIGN_IN
    if request.headers.get("hx-request"):
        # htmx follows a redirect inside the part it replaces; this header makes the whole page go.
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _too_large(most: int) -> Problem:
    return Problem(413, "too_large", f"At most {most // 1_048_576} MiB go in one request.")


def _code_of(status: int) -> str:
    return {400: "unreadable", 404: "not_found", 405: "method", 413: "too_large", 415: "content_type"}.get(
        status, f"status_{status}"
    )


@lru_cache(maxsize=1)
def _plain() -> Template:
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True).get_template("plain.html")
