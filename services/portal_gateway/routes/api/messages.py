"""``/items/{number}/messages`` and ``/messages``: reading and writing a conversation, deciding about what is held."""

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from services.portal_gateway.domain import cursors
from services.portal_gateway.routes.access import AsStaff, read_form
from services.portal_gateway.routes.api.bodies import Acceptance, NewMessage
from services.portal_gateway.routes.api.items import Number, item_numbered, shown_item
from services.portal_gateway.routes.api.shapes import Item, Message, Rows
from services.portal_gateway.routes.asking import CursorText, Limit, accepted, caller_of, done
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.files import message_of
from services.portal_gateway.routes.problems import Problem, ProblemError
from services.portal_gateway.use_cases import work_on_items
from services.portal_gateway.use_cases.files import SentFile, keep
from services.portal_gateway.use_cases.work_on_items import Written
from shared.contracts.state import MessageState

router = APIRouter(prefix="/api/v1", tags=["messages"])
FILES_FIELD = "attachments"
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewMessage.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["public"],
                    "properties": {
                        "text": {"type": "string"},
                        "public": {"type": "boolean"},
                        FILES_FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                }
            },
        },
    }
}


@router.get("/items/{number}/messages", response_model=Rows[Message], summary="The conversation of an item")
async def conversation(request: Request, number: Number, limit: Limit = 50, cursor: CursorText = None) -> Any:
    """Public messages, internal notes and held messages, oldest first."""
    context = context_of(request)
    place = cursors.moment_of("messages", cursor)
    item = await item_numbered(context, number)
    found = await context.items.messages(item.id, public_only=False, after=place, limit=limit + 1)
    shown, following = cursors.page(found, limit, "messages", lambda m: cursors.after_moment(m.created_at, m.id))
    mails = await context.lists.deliveries_of(item.id, [message.id for message in shown])
    return Rows(items=[Message.of(message, mails) for message in shown], next=following)


@router.post(
    "/items/{number}/messages",
    status_code=201,
    response_model=Message,
    openapi_extra=_BODY,
    summary="Write a public message or an internal note",
)
async def write(request: Request, staff: AsStaff, number: Number) -> Any:
    """Write to everyone involved, or a note among staff; by multipart with files."""
    context = context_of(request)
    body, files = await _read(request, context.settings.gateway_max_upload_bytes)
    item = await item_numbered(context, number)
    names: list[Any] = [[file.name, file.content_type, file.sha256] for file in files]
    caller = caller_of(request, staff, body.model_dump(mode="json"), names)
    kept = await keep(context.blobs, caller.command_id, files)
    answer = await work_on_items.write(
        context.asking, caller, item.id, Written(text=body.text, public=body.public, attachments=kept)
    )
    if answer is None:
        return accepted(caller)
    written = await context.items.message(UUID(str(done(answer).result["message_id"])))
    return accepted(caller) if written is None else await _shown(context, written, 201)


@router.get("/messages/{message_id}", response_model=Message, summary="One message, whole")
async def show(request: Request, message_id: UUID) -> Any:
    """The message; of a very long mail all of it."""
    context = context_of(request)
    message = await message_of(context, message_id)
    if message.body_blob is not None:
        body = json.loads(await context.blobs.get(message.body_blob))
        message = message.model_copy(
            update={"full_text": body.get("text") or "", "html": body.get("html"), "body_blob": None}
        )
    return await _shown(context, message)


@router.post("/messages/{message_id}/accept", response_model=Message, summary="Take a held message")
async def accept(request: Request, staff: AsStaff, message_id: UUID, body: Acceptance | None = None) -> Any:
    """It becomes public as of now: everyone involved hears once; its sender follows unless `follow` is false."""
    context = context_of(request)
    held = await message_of(context, message_id)
    follow = body.follow if body is not None else True
    caller = caller_of(request, staff, follow)
    answer = await work_on_items.accept(context.asking, caller, held, follow=follow)
    if answer is None:
        return accepted(caller)
    done(answer)
    return await _shown(context, await message_of(context, message_id))


@router.post("/messages/{message_id}/split", status_code=201, response_model=Item, summary="Split a held message off")
async def split(request: Request, staff: AsStaff, message_id: UUID) -> Any:
    """It becomes the first message of an item of its own, by its sender, as if just received."""
    context = context_of(request)
    held = await message_of(context, message_id)
    caller = caller_of(request, staff)
    answer = await work_on_items.split(context.asking, caller, held)
    if answer is None:
        return accepted(caller)
    made = await context.items.of_id(UUID(str(done(answer).result["item_id"])))
    return accepted(caller) if made is None else shown_item(made, 201)


async def _read(request: Request, most_bytes: int) -> tuple[NewMessage, list[SentFile]]:
    """A message as sent, by JSON or with files.

    Raises:
        RequestValidationError: it does not fit.
        ProblemError: its files are too large together, or it is of another kind.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            return NewMessage.model_validate_json(await request.body()), []
        if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
            form = await read_form(request)
            fields = {name: value for name, value in form.items() if isinstance(value, str) and name != "csrf"}
            files = [file for file in form.getlist(FILES_FIELD) if isinstance(file, UploadFile)]
            body = NewMessage.model_validate(fields)
            return body, await sent_files(files, most_bytes)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    raise ProblemError(Problem(415, "content_type", "Send JSON, or multipart/form-data with files."))


async def sent_files(files: list[UploadFile], most_bytes: int) -> list[SentFile]:
    """Uploaded files with their content.

    Raises:
        ProblemError: they are too large together.
    """
    if sum(file.size or 0 for file in files) > most_bytes:
        text = f"Files may have at most {most_bytes // 1_048_576} MiB together."
        raise ProblemError(Problem(413, "too_large", text, FILES_FIELD))
    return [SentFile(file.filename or "", file.content_type, await file.read()) for file in files if file.filename]


async def _shown(context: Context, message: MessageState, status: int = 200) -> Response:
    mails = await context.lists.deliveries_of(message.item_id, [message.id])
    headers = {"Cache-Control": "private, no-cache", "Location": f"/api/v1/messages/{message.id}"}
    return Response(
        Message.of(message, mails).model_dump_json(by_alias=True), status, headers, media_type="application/json"
    )
