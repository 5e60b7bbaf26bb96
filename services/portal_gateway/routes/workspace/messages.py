"""Writing in a conversation, and looking at a message's HTML or at the whole of a very long one."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import PlainTextResponse, Response

from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.domain.files import SHOWN, clean_type
from services.portal_gateway.domain.rights import Staff
from services.portal_gateway.domain.view_models.notices import Toast
from services.portal_gateway.domain.view_models.people import face
from services.portal_gateway.routes.access import AsStaff, read_form
from services.portal_gateway.routes.api.messages import sent_files
from services.portal_gateway.routes.asking import caller_of
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.files import message_of
from services.portal_gateway.routes.problems import not_found, refusal
from services.portal_gateway.routes.workspace.acts import typed_in
from services.portal_gateway.routes.workspace.answers import NOT_YET, ask_again_if_own, not_yet
from services.portal_gateway.routes.workspace.pages import View, is_part, see_other, view_of
from services.portal_gateway.routes.workspace.ticket_view import item_of, page_of
from services.portal_gateway.routes.workspace.tickets import Number
from services.portal_gateway.use_cases import work_on_items
from services.portal_gateway.use_cases.ask import OtherContentError
from services.portal_gateway.use_cases.files import keep
from services.portal_gateway.use_cases.work_on_items import Written
from shared.blobs import BlobMissingError
from shared.contracts.answers import Answer
from shared.contracts.state import AttachmentRef, ItemState, MessageState
from shared.errors import TransientError

router = APIRouter()
#: A mail's HTML may show itself and the pictures it brought, run nothing, load nothing, and open links elsewhere.
MAIL_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
#: Pictures of a mail that are shown within it, together.
PICTURES_BYTES = 4_000_000
_TWICE = "This form was sent before with other words. Look at the conversation; send again to send these, too."


@router.post("/workspace/items/{number}/messages")
async def write(request: Request, staff: AsStaff, number: Number) -> Response:
    """A public reply or an internal note joins the conversation.

    - A customer's message that the writer has not seen is told before anything is sent.
    - What was typed is kept whenever it is not taken.
    """
    view = await view_of(request, staff)
    item = await item_of(view, number)
    typed = await typed_in(request)
    newer = await _newer(view, item, typed)
    if newer:
        return await _not_taken(view, item, typed, 409, newer=newer)
    try:
        answer = await _send(view, staff, item, typed)
    except OtherContentError:
        return await _not_taken(view, item, typed, 422, error=_TWICE)
    except TransientError:
        words = "Not sent: a part of the desk is away. Your words are kept; try again in a moment."
        return await _not_taken(view, item, typed, 503, error=words, token=typed.get("token", ""))
    if answer is not None and answer.outcome == "refused":
        return await _not_taken(view, await item_of(view, number), typed, refusal(answer).status, error=_why(answer))
    return await _taken(view, number, answer)


@router.get("/workspace/messages/{message_id}/html")
async def designed(request: Request, _staff: AsStaff, message_id: UUID) -> Response:
    """A mail's HTML, for a frame in which it can do nothing."""
    context = context_of(request)
    message = await _whole(context, await message_of(context, message_id))
    if not message.html:
        raise not_found("HTML")
    html = await _with_pictures(context, message)
    page = f'<!doctype html><meta charset="utf-8"><base target="_blank"><title>Message</title>{html}'
    headers = {
        "Content-Security-Policy": MAIL_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(page, media_type="text/html", headers=headers)


@router.get("/workspace/messages/{message_id}/text")
async def whole(request: Request, _staff: AsStaff, message_id: UUID) -> Response:
    """All of a very long message, plain."""
    context = context_of(request)
    message = await _whole(context, await message_of(context, message_id))
    return PlainTextResponse(message.full_text or message.text, headers={"Cache-Control": "no-store"})


async def _send(view: View, staff: Staff, item: ItemState, typed: Mapping[str, str]) -> Answer | None:
    form = await read_form(view.request)
    uploads = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
    files = await sent_files(uploads, view.context.settings.gateway_max_upload_bytes)
    note = typed.get("mode") == "note"
    text = typed.get("note" if note else "reply", "").strip()
    status = typed.get("send", "plain")
    values = {"status": status} if not note and status not in {"plain", item.status} else {}
    base = int(typed["based_on"]) if typed.get("based_on", "").isdecimal() else None
    content: list[Any] = [note, text, status, [[file.name, file.sha256] for file in files]]
    caller = caller_of(view.request, staff, *content, key=typed.get("token") or None)
    kept = await keep(view.context.blobs, caller.command_id, files)

    async def ask(asker: Caller, *, based: bool) -> Answer | None:
        message = Written(
            text=text,
            public=not note,
            attachments=kept,
            values=dict(values),
            based_on=base if based and values else None,
        )
        return await work_on_items.write(view.context.asking, asker, item.id, message)

    return await ask_again_if_own(caller, ask)


async def _taken(view: View, number: int, answer: Answer | None) -> Response:
    """The conversation goes on with the message, or will in a moment."""
    url = f"/workspace/items/{number}"
    if not is_part(view.request):
        return await not_yet(view, url) if answer is None else see_other(f"{url}#m-{answer.result['message_id']}")
    page = await page_of(view, await item_of(view, number))
    # Also where the answer is late: what is written next is another message, under a token of its own.
    late = Toast(NOT_YET) if answer is None else None
    return view.part("sent.html", 202 if late else 201, refresh=True, ticket=page, toast=late)


async def _newer(view: View, item: ItemState, typed: Mapping[str, str]) -> str:
    """Who wrote since the writer looked; "" where nobody did, or it is a note."""
    seen = typed.get("seen", "")
    if typed.get("mode") == "note" or not seen.isdecimal():
        return ""
    messages = await view.context.items.messages(item.id, public_only=True, limit=2000)
    customers = [message for message in messages if message.by == "customer"]
    if len(customers) <= int(seen):
        return ""
    author = customers[-1].author
    return f"{face(author).name if author else 'Somebody'} wrote meanwhile."


async def _not_taken(view: View, item: ItemState, typed: Mapping[str, str], status: int, **said: str) -> Response:
    """The composer says why; what was typed stays where it is, or is shown again without a script."""
    token = said.pop("token", "")
    page = await page_of(
        view,
        item,
        typed=typed.get("reply", ""),
        typed_note=typed.get("note", ""),
        note=typed.get("mode") == "note",
        kept_token=token,
        **said,
    )
    if is_part(view.request):
        return view.part("notice.html", status, composer=page.composer)
    return await view.page("ticket.html", "", status, ticket=page)


def _why(answer: Answer) -> str:
    if answer.conflicts:
        conflict = next(iter(answer.conflicts.values()))
        return f"Not sent: {conflict.by_name or 'somebody'} changed the status meanwhile. Send again to set yours."
    return f"Not sent: {answer.text or 'it was refused.'}"


async def _whole(context: Context, message: MessageState) -> MessageState:
    if message.body_blob is None:
        return message
    try:
        body = json.loads(await context.blobs.get(message.body_blob))
    except BlobMissingError:
        return message
    return message.model_copy(update={"full_text": body.get("text") or "", "html": body.get("html")})


async def _with_pictures(context: Context, message: MessageState) -> str:
    """The HTML with the pictures that it brought: a frame without an origin may fetch nothing by itself."""
    html, room = message.html or "", PICTURES_BYTES
    for file in message.attachments:
        shown = file.content_id and clean_type(file.content_type) in SHOWN - {"text/plain"}
        if not shown or f"cid:{file.content_id}" not in html or file.size_bytes > room:
            continue
        room -= file.size_bytes
        html = html.replace(f"cid:{file.content_id}", await _data_url(context, file))
    return html


async def _data_url(context: Context, file: AttachmentRef) -> str:
    try:
        content = await context.blobs.get(file.blob_key)
    except BlobMissingError:
        return "data:,"
    return f"data:{clean_type(file.content_type)};base64,{base64.b64encode(content).decode()}"
