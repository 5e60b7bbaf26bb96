"""Files and long texts of a request, under the link that opens it: of its public messages alone.

What a browser could run is never shown under our name: it is handed over as a file, or as plain text.
"""

import json
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from services.portal_gateway.domain.uploads import SHOWN, kind_of
from services.portal_gateway.routes.context import context_of
from services.portal_gateway.routes.portal.pages import HEADERS, view_of
from services.portal_gateway.routes.portal.request_view import no_such_link, open_link
from services.portal_gateway.routes.portal.requests import PATH
from services.portal_gateway.routes.problems import NOT_FOUND, ProblemError
from services.portal_gateway.use_cases.request_page import Opened, find_file, find_message
from shared.blobs import BlobMissingError
from shared.contracts.state import AttachmentRef

router = APIRouter(include_in_schema=False)
#: Whatever the file is, it loads nothing and runs nothing.
_ALONE = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}


@router.get(f"{PATH}/messages/{{message_id}}/files/{{place}}")
async def read_file(request: Request, token: str, message_id: UUID, place: int) -> Response:
    context = context_of(request)
    opened = await open_link(request, token)
    if opened is None:
        return no_such_link(await view_of(request))
    file = await find_file(context.items, opened.item, message_id, place)
    if file is None:
        raise ProblemError(NOT_FOUND)
    return Response(await _content(request, file.blob_key), headers=_ALONE | _headers(file))


@router.get(f"{PATH}/messages/{{message_id}}")
async def read_whole(request: Request, token: str, message_id: UUID) -> Response:
    """All of a long message, as text."""
    opened = await open_link(request, token)
    if opened is None:
        return no_such_link(await view_of(request))
    return PlainTextResponse(await _whole_text(request, opened, message_id), headers=_ALONE)


async def _whole_text(request: Request, opened: Opened, message_id: UUID) -> str:
    message = await find_message(context_of(request).items, opened.item, message_id)
    if message is None:
        raise ProblemError(NOT_FOUND)
    if message.body_blob is None:
        return message.full_text or message.text
    return str(json.loads(await _content(request, message.body_blob))["text"])


async def _content(request: Request, blob_key: str) -> bytes:
    try:
        return await context_of(request).blobs.get(blob_key)
    except BlobMissingError as error:
        raise ProblemError(NOT_FOUND) from error


def _headers(file: AttachmentRef) -> dict[str, str]:
    kind = kind_of(file.content_type)
    how = "inline" if kind in SHOWN else "attachment"
    return {"Content-Type": kind, "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.name, safe='')}"}
