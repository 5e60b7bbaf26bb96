"""A request's page by a signed link, and the answer that is written on it.

Every link that opens nothing gets the same page, whatever the reason, for reading and for writing.
"""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.portal_gateway.domain.form_token import mint_receipt_token, receipt_of, receipt_of_form
from services.portal_gateway.domain.form_values import fault_of_answer
from services.portal_gateway.domain.view_models import portal_errors as say_that
from services.portal_gateway.routes.context import context_of
from services.portal_gateway.routes.portal.forms import problem_of
from services.portal_gateway.routes.portal.pages import HOME, view_and_place, view_of
from services.portal_gateway.routes.portal.posted import Posted, posted
from services.portal_gateway.routes.portal.request_view import RequestView, address_of, no_such_link, open_link
from services.portal_gateway.routes.portal.sent import pause_seconds
from services.portal_gateway.routes.problems import RETRY_SECONDS
from services.portal_gateway.use_cases.answer_request import WrittenAnswer, answer_request
from services.portal_gateway.use_cases.ask import OtherContentError, look
from shared.postgres.pool import is_transient

router = APIRouter(include_in_schema=False)
PATH = f"{HOME}/requests/{{token}}"


@router.get(PATH)
async def show_request(request: Request, token: str, sent: str = "", again: int = 0) -> Response:
    """The page; after an answer, `sent` shows whether it is on it yet."""
    told = await _told(request, token, sent, again) if sent else {}
    view = await view_of(request)
    opened = await open_link(request, token)
    if opened is None:
        return no_such_link(view)
    return await RequestView(view, opened, token).page(**told)


@router.post(PATH)
async def post_answer(request: Request, token: str) -> Response:
    context = context_of(request)
    async with posted(request, context.settings.gateway_max_upload_bytes) as post:
        view, place = await view_and_place(request)
        opened = await open_link(request, token)
        if opened is None:
            return no_such_link(view)
        shown = RequestView(view, opened, token)
        kept: dict[str, Any] = {"typed": post.texts.get("text", ""), "files_gone": post.had_files}
        same: dict[str, Any] = {"form_token": post.texts.get("form_token", ""), **kept}
        if place.wait_seconds:
            problem = say_that.too_fast(view.say, place.wait_seconds)
            return await shown.page(429, problem=problem, retry_seconds=place.wait_seconds, **same)
        try:
            return await _take(shown, post, kept)
        except OtherContentError:
            return await shown.page(422, problem=say_that.sent_before(view.say), **kept)
        except Exception as error:
            # The page still reads; a database that is away fails it too, and that is answered for all pages alike.
            if not is_transient(error):
                raise
            return await shown.page(503, problem=say_that.away(view.say), retry_seconds=RETRY_SECONDS, **same)


async def _take(shown: RequestView, post: Posted, kept: dict[str, Any]) -> Response:
    context, say, now = shown.context, shown.view.say, shown.context.clock()
    form_token = post.texts.get("form_token", "")
    receipt_id = receipt_of_form(context.keys, form_token, shown.subject, now)
    if receipt_id is None:
        return await shown.page(422, problem=say_that.too_old(say), **kept)
    if post.fault:
        status = 413 if post.fault != "not_whole" else 400
        return await shown.page(status, problem=problem_of(say, context, post), form_token=form_token, **kept)
    text = kept["typed"].strip()
    fault = fault_of_answer(text, with_files=bool(post.files))
    if fault is not None:
        error = say_that.fault_of_answer_words(fault, say)
        return await shown.page(422, error=error, form_token=form_token, **kept)
    written = WrittenAnswer(receipt_id, text, post.files)
    answer = await answer_request(context.asking, context.blobs, shown.opened, written, now)
    name = answer.result.get("message_id") if answer else None
    place = f"#m-{name}" if isinstance(name, str) else ""
    return RedirectResponse(f"{shown.url}?sent={mint_receipt_token(context.keys, receipt_id, now)}{place}", 303)


async def _told(request: Request, token: str, sent: str, again: int) -> dict[str, Any]:
    """What the page says about an answer that was just sent; it is looked for before the conversation is read."""
    context = context_of(request)
    receipt_id = receipt_of(context.keys, sent, context.clock())
    if receipt_id is None:
        return {}
    if await look(context.asking, receipt_id, context.settings.gateway_answer_seconds if again else 0) is not None:
        return {"sent": "here"}
    return {
        "sent": "soon",
        "again_url": f"{address_of(token)}?sent={sent}&again={max(again, 0) + 1}",
        "again_seconds": pause_seconds(again),
    }
