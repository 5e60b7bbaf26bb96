"""Signing in and out, and the theme that a person fixes for themselves."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from services.portal_gateway.domain.rights import safe_next
from services.portal_gateway.routes.access import (
    AsStaff,
    begin_session,
    current_staff,
    end_session,
    same_origin,
    sign_in,
)
from services.portal_gateway.routes.context import context_of
from services.portal_gateway.routes.errors import SIGN_IN
from services.portal_gateway.routes.workspace.pages import THEME_COOKIE, THEMES, desk_name, rendering_of
from services.portal_gateway.use_cases.sign_in import TooManyTries, WrongSignIn

router = APIRouter()
_YEAR_SECONDS = 365 * 86_400
_WRONG = "That address and password do not fit together."


@router.get(SIGN_IN)
async def ask(request: Request, next: str = "") -> Response:  # noqa: A002 - the name in the address
    """The sign-in page; whoever is signed in goes on."""
    if await current_staff(request) is not None:
        return RedirectResponse(safe_next(next), 303)
    return await _page(request, next)


@router.post(SIGN_IN, dependencies=[Depends(same_origin)])
async def begin(
    request: Request,
    address: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",  # noqa: A002 - the name in the form
) -> Response:
    """The browser is signed in, or learns that it is not."""
    found = await sign_in(request, address, password)
    if isinstance(found, TooManyTries):
        minutes = max(1, found.wait_seconds // 60)
        words = f"Too many tries. Wait {minutes} minute{'' if minutes == 1 else 's'}, then try again."
        page = await _page(request, next, words, address, 429)
        page.headers["Retry-After"] = str(found.wait_seconds)
        return page
    if isinstance(found, WrongSignIn):
        return await _page(request, next, _WRONG, address, 422)
    answer = RedirectResponse(safe_next(next), 303)
    await begin_session(request, answer, found)
    return answer


@router.post("/workspace/sign-out")
async def end(request: Request, _staff: AsStaff) -> Response:
    """The session is over."""
    answer = RedirectResponse(SIGN_IN, 303)
    await end_session(request, answer)
    return answer


@router.post("/workspace/theme")
async def fix_theme(request: Request, _staff: AsStaff, theme: Annotated[str, Form(max_length=10)] = "") -> Response:
    """The person's theme stands until they change it; without one it follows the system."""
    back = request.headers.get("referer", "")
    path = back.split("/", 3)[-1] if back.count("/") >= 3 else "workspace"
    answer = RedirectResponse(safe_next(f"/{path}"), 303)
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
    else:
        answer.delete_cookie(THEME_COOKIE)
    return answer


async def _page(request: Request, next_url: str, error: str = "", address: str = "", status: int = 200) -> Response:
    brand = await context_of(request).setup.brand()
    return rendering_of(request.app.state).page(
        "sign_in.html",
        status,
        desk=brand.name if brand else desk_name(request),
        error=error,
        address=address,
        next=safe_next(next_url) if next_url else "",
        theme=request.cookies.get(THEME_COOKIE, ""),
    )
