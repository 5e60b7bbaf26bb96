"""The start page, forms, and what becomes of what is posted to them.

A post that cannot be taken shows its form again with everything that was typed, and the same token: nothing was made.
"""

from dataclasses import dataclass, replace
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from services.portal_gateway.domain.form_token import (
    form_subject,
    mint_form_token,
    mint_receipt_token,
    receipt_of_form,
)
from services.portal_gateway.domain.form_values import TRAP, Judged, judge
from services.portal_gateway.domain.sayings import Say
from services.portal_gateway.domain.uploads import MOST_FILES
from services.portal_gateway.domain.view_models import portal_errors as say_that
from services.portal_gateway.domain.view_models.portal import Problem, brand_styles, form_links
from services.portal_gateway.domain.view_models.portal_forms import FormPage, form_again, form_page
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.portal.pages import HOME, View, remembered_view, view_and_place, view_of
from services.portal_gateway.routes.portal.posted import Posted, posted
from services.portal_gateway.routes.problems import NOT_FOUND, RETRY_SECONDS, ProblemError
from services.portal_gateway.use_cases.ask import OtherContentError
from services.portal_gateway.use_cases.submit_form import Submission, submit_form
from shared.contracts.state import FormState, TypeState
from shared.postgres.pool import is_transient

router = APIRouter(include_in_schema=False)


@router.get("/")
async def root() -> Response:
    """Customers come by the bare address."""
    return RedirectResponse(HOME, 303)


@router.get(HOME)
async def home(request: Request) -> Response:
    view = await view_of(request)
    forms = [form for form in view.site.forms if view.site.with_type(form)]
    greeting = view.site.brand.intro if view.site.brand else ""
    return view.page("home.html", forms=form_links(forms, _url), greeting=greeting)


@router.get(f"{HOME}/brand.css")
async def brand(request: Request) -> Response:
    """The brand's colours; a page names their version, so they may be kept."""
    view = await view_of(request)
    kept = {"Cache-Control": "public, max-age=86400"}
    return PlainTextResponse(brand_styles(view.site.brand), media_type="text/css", headers=kept)


@router.get(f"{HOME}/forms/{{key}}")
async def show_form(request: Request, key: str) -> Response:
    view = await view_of(request)
    form, kind = _open_form(view, key)
    token = _fresh_token(context_of(request), key)
    return view.page("form.html", form=form_page(form, kind, _url(key), token, view.say))


@router.post(f"{HOME}/forms/{{key}}")
async def post_form(request: Request, key: str) -> Response:
    context = context_of(request)
    async with posted(request, context.settings.gateway_max_upload_bytes) as post:
        try:
            return await _take(request, context, key, post)
        except Exception as error:
            view = remembered_view(request)
            found = view.site.open_form(key)
            if found is None or not is_transient(error):
                raise
            again = _Again(view, *found, post, post.texts.get("form_token", ""))
            return again.page(503, say_that.away(view.say), retry_seconds=RETRY_SECONDS)


async def _take(request: Request, context: Context, key: str, post: Posted) -> Response:
    view, place = await view_and_place(request)
    form, kind = _open_form(view, key)
    token, now = post.texts.get("form_token", ""), context.clock()
    again = _Again(view, form, kind, post, token)
    if place.wait_seconds:
        return again.page(429, say_that.too_fast(view.say, place.wait_seconds), retry_seconds=place.wait_seconds)
    receipt_id = receipt_of_form(context.keys, token, form_subject(key), now)
    if receipt_id is None:
        return replace(again, token=_fresh_token(context, key)).page(422, say_that.too_old(view.say))
    if post.fault:
        return again.page(413 if post.fault != "not_whole" else 400, problem_of(view.say, context, post))
    judged = judge(kind.fields, post.texts, view.site.own_addresses)
    if judged.filled is None:
        return again.page(422, say_that.trapped(view.say) if TRAP in judged.faults else None, judged)
    submission = Submission(receipt_id, key, judged.filled, post.files, view.language)
    try:
        await submit_form(context.asking, context.blobs, submission, now)
    except OtherContentError:
        return replace(again, token=_fresh_token(context, key)).page(422, say_that.sent_before(view.say))
    return RedirectResponse(f"{HOME}/sent/{mint_receipt_token(context.keys, receipt_id, now)}", 303)


@dataclass(frozen=True)
class _Again:
    """A form shown again, with what was typed."""

    view: View
    form: FormState
    kind: TypeState
    post: Posted
    token: str

    def page(
        self, status: int, problem: Problem | None, judged: Judged | None = None, *, retry_seconds: int = 0
    ) -> Response:
        empty = form_page(self.form, self.kind, _url(self.form.key), self.token, self.view.say)
        faults = judged.faults if judged else {}
        again: FormPage = form_again(empty, self.post.texts, faults, self.view.say)
        shown = replace(again, problem=problem, files_gone=self.post.had_files)
        response = self.view.page("form.html", status, form=shown)
        if retry_seconds:
            response.headers["Retry-After"] = str(retry_seconds)
        return response


def problem_of(say: Say, context: Context, post: Posted) -> Problem:
    """Why a post cannot be taken as it came."""
    if post.fault == "too_large":
        return say_that.files_too_large(say, context.settings.gateway_max_upload_bytes)
    if post.fault == "too_many":
        return say_that.too_many_files(say, MOST_FILES)
    return say_that.not_whole(say)


def _open_form(view: View, key: str) -> tuple[FormState, TypeState]:
    found = view.site.open_form(key)
    if found is None:
        raise ProblemError(NOT_FOUND)
    return found


def _fresh_token(context: Context, key: str) -> str:
    return mint_form_token(context.keys, form_subject(key), uuid4(), context.clock())


def _url(key: str) -> str:
    return f"{HOME}/forms/{key}"
