"""Files of messages and mails as they came, for staff; the portal serves customers theirs by the same functions.

Invariant: a file is served only as a part of a message that whoever asks may read, under headers by which it can do
nothing in a browser.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from services.portal_gateway.domain.files import headers_of
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.problems import Problem, ProblemError, not_found
from shared.blobs import BlobMissingError
from shared.contracts.state import MessageState

router = APIRouter(prefix="/api/v1", tags=["files"])
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
MAIL_TYPE = "message/rfc822"


@router.get(
    "/messages/{message_id}/attachments/{place}",
    response_class=Response,
    responses=_BYTES,
    summary="A file of a message",
)
async def attachment(
    request: Request,
    message_id: UUID,
    place: Annotated[int, Path(ge=0, lt=10_000)],
    show: Annotated[bool, Query(description="Let a browser show it, where it may.")] = False,
) -> Response:
    """The file's bytes."""
    context = context_of(request)
    message = await message_of(context, message_id)
    return await file_of(context, message, place, inline=show)


@router.get("/messages/{message_id}/raw", response_class=Response, responses=_BYTES, summary="The mail as it came")
async def raw(request: Request, message_id: UUID) -> Response:
    """The octets of the mail that the message came by."""
    context = context_of(request)
    message = await message_of(context, message_id)
    if message.raw_blob is None:
        raise not_found("mail")
    return await blob(context, message.raw_blob, f"message-{message.item_number}.eml", MAIL_TYPE)


async def message_of(context: Context, message_id: UUID) -> MessageState:
    """The message of an id, with its item there to belong to: what staff may read.

    Raises:
        ProblemError: there is none.
    """
    message = await context.items.message(message_id)
    if message is None or await context.items.of_id(message.item_id) is None:
        raise not_found("message")
    return message


async def file_of(context: Context, message: MessageState, place: int, *, inline: bool) -> Response:
    """A file of a message; whether its reader may see the message is settled before.

    Raises:
        ProblemError: it has no such file, or the file is gone.
    """
    if not 0 <= place < len(message.attachments):
        raise not_found("file")
    file = message.attachments[place]
    return await blob(context, file.blob_key, file.name, file.content_type, inline=inline)


async def blob(context: Context, key: str, name: str, content_type: str, *, inline: bool = False) -> Response:
    """Stored bytes under harmless headers.

    Raises:
        ProblemError: they are gone.
        TransientError: the store does not answer now.
    """
    try:
        content = await context.blobs.get(key)
    except BlobMissingError as error:
        raise ProblemError(Problem(410, "gone", "The file is gone.", title="It is gone")) from error
    return Response(content, headers=headers_of(name, content_type, inline=inline))
