"""Who asks, for every route of staff: by a session's cookie or by an API token.

A route of staff depends on one of two values; both refuse by themselves (the API by 401 and 403 problems, pages by a
way to the sign-in page), and both check what an unsafe request by cookie must carry::

    @router.get("/workspace/tickets")
    async def tickets(request: Request, staff: AsStaff) -> Response: ...

    @router.post("/workspace/rules")
    async def save(request: Request, staff: AsAdministrator) -> Response: ...

Every form of staff has ``<input type="hidden" name="csrf" value="{{ staff.csrf }}">``; scripts send it as header
``X-CSRF-Token``. The sign-in page is open; its route looks like this::

    @router.post("/workspace/sign-in", dependencies=[Depends(same_origin)])
    async def sign_in_page(request: Request, address: Form, password: Form, next: Form = "") -> Response:
        found = await sign_in(request, address, password)
        if isinstance(found, TooManyTries): ...  # 429, Retry-After: found.wait_seconds
        if isinstance(found, WrongSignIn): ...   # 422, the page again
        answer = RedirectResponse(safe_next(next), 303)
        await begin_session(request, answer, found)
        return answer

and signing out is ``await end_session(request, answer)``. `current_staff` says who is signed in where a page is open
to everybody.
"""

import hmac
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer
from starlette.datastructures import FormData
from starlette.requests import HTTPConnection
from starlette.responses import Response

from services.portal_gateway.domain.rights import Staff
from services.portal_gateway.routes.context import context_of
from services.portal_gateway.use_cases import sign_in as use_case
from services.portal_gateway.use_cases.sign_in import TooManyTries, WrongSignIn
from shared.addresses import normalise

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
MOST_FILES, MOST_FIELDS, MOST_PART_BYTES = 64, 300, 1_048_576
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="An API token: `deskstream token create NAME`.")


class SignInNeededError(Exception):
    """Nobody is signed in: the API answers 401, a page leads to the sign-in page."""


class ForbiddenError(Exception):
    """Who is signed in may not do that; `reason` is a sentence for them."""

    def __init__(self, reason: str, code: str = "forbidden") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


async def current_staff(connection: HTTPConnection, *, counts_as_use: bool = True) -> Staff | None:
    """Who asks; none for everybody who is no staff. A token counts before a cookie.

    Args:
        connection: of the route.
        counts_as_use: the session lasts longer for it; an open page that only listens does not keep it.

    Raises:
        SignInNeededError: the token shown is none.
    """
    context = context_of(connection)
    now, accounts = context.clock(), context.accounts
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if token and kind.lower() == "bearer":
        staff = await use_case.staff_of_token(accounts, token.strip(), now)
        if staff is None:
            raise SignInNeededError
        return staff
    session_id = connection.cookies.get(cookie_name(connection))
    if not session_id:
        return None
    hours = context.settings.gateway_session_hours if counts_as_use else None
    return await use_case.staff_of_session(accounts, session_id, now, hours)


async def require_staff(request: Request, _token: Annotated[object, Security(_bearer)] = None) -> Staff:
    """Who asks, of staff; an unsafe request by cookie carries the session's csrf and comes from our own pages.

    Raises:
        SignInNeededError: nobody is signed in.
        ForbiddenError: the request did not come from a page of ours.
    """
    staff = await current_staff(request)
    if staff is None:
        raise SignInNeededError
    if staff.csrf and request.method not in SAFE_METHODS:
        await same_origin(request)
        await _check_csrf(request, staff)
    return staff


async def require_administrator(staff: Annotated[Staff, Depends(require_staff)]) -> Staff:
    """Who asks, with the right to set the desk up.

    Raises:
        ForbiddenError: they have no such right.
    """
    if not staff.is_administrator:
        raise ForbiddenError("That is for administrators.")
    return staff


AsStaff = Annotated[Staff, Depends(require_staff)]
AsAdministrator = Annotated[Staff, Depends(require_administrator)]


async def same_origin(request: Request) -> None:
    """The request comes from a page of ours, or from a program that is no browser.

    Raises:
        ForbiddenError: another site's page made the browser send it.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        fits = origin in {_origin(context_of(request).settings.public_url), _origin(str(request.url))}
    else:
        fits = request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    if not fits:
        raise ForbiddenError("This came from another site's page.", "other_origin")


async def read_form(request: Request) -> FormData:
    """A posted form, within bounds; reading it again costs nothing, and its files are let go with the request."""
    form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_PART_BYTES)
    request.state.form = form
    return form


async def sign_in(request: Request, address: str, password: str) -> Staff | WrongSignIn | TooManyTries:
    """Who signs in with an address and a password; call `begin_session` then."""
    context = context_of(request)
    return await context.sign_in.try_password(
        address=normalise(address), password=password, client=client_of(request), now=context.clock()
    )


async def begin_session(request: Request, response: Response, staff: Staff) -> None:
    """The browser that gets this response is signed in; what it was before is over."""
    context = context_of(request)
    hours, name = context.settings.gateway_session_hours, cookie_name(request)
    session_id = await use_case.begin_session(
        context.accounts, staff, context.clock(), hours, old=request.cookies.get(name)
    )
    response.set_cookie(name, session_id, secure=_is_https(request), httponly=True, samesite="lax", path="/")


async def end_session(request: Request, response: Response) -> None:
    """The browser's session is over, and its cookie gone."""
    name = cookie_name(request)
    session_id = request.cookies.get(name)
    if session_id:
        await context_of(request).accounts.end_session(use_case.hash_of(session_id))
    response.delete_cookie(name, secure=_is_https(request), httponly=True, samesite="lax", path="/")


def cookie_name(connection: HTTPConnection) -> str:
    """With https the browser itself sees to it that no other host, path or plain connection sets it (RFC 6265bis)."""
    return "__Host-deskstream" if _is_https(connection) else "deskstream"


def client_of(connection: HTTPConnection) -> str:
    """A name of the client's network: its address, the first 64 bits of it where it is IPv6."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ip_network(f"{host}/64", strict=False))


async def _check_csrf(request: Request, staff: Staff) -> None:
    shown: object = request.headers.get(CSRF_HEADER)
    if shown is None and request.headers.get("content-type", "").split(";")[0].strip().lower() in _FORMS:
        shown = (await read_form(request)).get(CSRF_FIELD)
    if not isinstance(shown, str) or not hmac.compare_digest(shown.encode(), staff.csrf.encode()):
        raise ForbiddenError("This page is too old; load it again and repeat what you did.", "csrf")


def _is_https(connection: HTTPConnection) -> bool:
    return context_of(connection).settings.public_url.startswith("https://")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
