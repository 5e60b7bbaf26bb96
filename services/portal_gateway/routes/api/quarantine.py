"""``/quarantine``: mails that could not be read or had no mailbox; staff mend, replay, take, discard."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from services.portal_gateway.domain import cursors
from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.routes.access import AsStaff, read_form
from services.portal_gateway.routes.api.bodies import BareTicket, Discarding
from services.portal_gateway.routes.api.messages import sent_files
from services.portal_gateway.routes.api.setup_shapes import Quarantined
from services.portal_gateway.routes.api.shapes import Rows
from services.portal_gateway.routes.asking import CursorText, Limit, accepted, caller_of, done, shown
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.files import MAIL_TYPE, blob
from services.portal_gateway.routes.problems import Problem, ProblemError, not_found
from services.portal_gateway.use_cases import quarantine
from services.portal_gateway.use_cases.files import SentFile
from shared.contracts.answers import Answer
from shared.contracts.state import QuarantineState

router = APIRouter(prefix="/api/v1/quarantine", tags=["quarantine"])
MENDED_FIELD = "mended"
_MENDED = {
    "requestBody": {
        "required": False,
        "content": {
            MAIL_TYPE: {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {MENDED_FIELD: {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.get("", response_model=Rows[Quarantined], summary="Quarantined mails")
async def rows(
    request: Request,
    status: Annotated[Literal["open", "released", "discarded", "all"], Query()] = "open",
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Any:
    """Newest first; those that wait for staff unless another status is asked for."""
    place = cursors.moment_of("quarantine", cursor)
    found = await context_of(request).setup.quarantine(None if status == "all" else status, place, limit + 1)
    some, following = cursors.page(found, limit, "quarantine", lambda q: cursors.after_moment(q.accepted_at, q.id))
    return Rows(items=[Quarantined.of(row) for row in some], next=following)


@router.get("/{receipt_id}", response_model=Quarantined, summary="One quarantined mail")
async def show(request: Request, receipt_id: UUID) -> Any:
    """The mail, what is wrong with it, and its first lines."""
    row = await _row(context_of(request), receipt_id)
    return shown(Quarantined.of(row), row.version)


@router.get("/{receipt_id}/raw", response_class=Response, summary="A quarantined mail's bytes")
async def raw(request: Request, receipt_id: UUID) -> Response:
    """The octets as they came."""
    context = context_of(request)
    row = await _row(context, receipt_id)
    return await blob(context, row.raw_blob, f"mail-{str(row.id)[:8]}.eml", MAIL_TYPE)


@router.post("/{receipt_id}/replay", response_model=Quarantined, openapi_extra=_MENDED, summary="Read it again")
async def replay(request: Request, staff: AsStaff, receipt_id: UUID) -> Any:
    """Read the mail again, from its bytes or from mended ones in the body; twice is one message."""
    context = context_of(request)
    mended = await _mended(request, context.settings.gateway_max_upload_bytes)
    await _row(context, receipt_id)
    caller = caller_of(request, staff, mended.sha256 if mended else None)
    key = await context.blobs.put(caller.command_id, mended.content) if mended else None
    return await _told(context, caller, await quarantine.replay(context.asking, caller, receipt_id, key), receipt_id)


@router.post("/{receipt_id}/discard", response_model=Quarantined, summary="Discard it")
async def discard(request: Request, staff: AsStaff, receipt_id: UUID, body: Discarding | None = None) -> Any:
    """Nothing comes of the mail; its bytes and its receipt stay."""
    context = context_of(request)
    await _row(context, receipt_id)
    reason = body.reason if body is not None else ""
    caller = caller_of(request, staff, reason)
    return await _told(
        context, caller, await quarantine.discard(context.asking, caller, receipt_id, reason), receipt_id
    )


@router.post("/{receipt_id}/ticket", response_model=Quarantined, summary="Take it as a bare ticket")
async def take(request: Request, staff: AsStaff, receipt_id: UUID, body: BareTicket | None = None) -> Any:
    """A ticket holds the mail as a file, whatever it says."""
    context = context_of(request)
    await _row(context, receipt_id)
    mailbox = (body or BareTicket()).mailbox
    caller = caller_of(request, staff, mailbox)
    return await _told(context, caller, await quarantine.take(context.asking, caller, receipt_id, mailbox), receipt_id)


async def _row(context: Context, receipt_id: UUID) -> QuarantineState:
    row = await context.setup.quarantined(receipt_id)
    if row is None:
        raise not_found("quarantined mail")
    return row


async def _told(context: Context, caller: Caller, answer: Answer | None, receipt_id: UUID) -> Response:
    if answer is None:
        return accepted(caller)
    done(answer)
    row = await _row(context, receipt_id)
    return shown(Quarantined.of(row), row.version)


async def _mended(request: Request, most_bytes: int) -> SentFile | None:
    """Mended bytes, where some came.

    Raises:
        ProblemError: the body is of another kind, or too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        file = (await read_form(request)).get(MENDED_FIELD)
        sent = await sent_files([file] if isinstance(file, UploadFile) else [], most_bytes)
        return sent[0] if sent and sent[0].content else None
    content = await request.body()
    if not content or (kind == "application/json" and content.strip() in {b"{}", b"null"}):
        return None
    if kind != MAIL_TYPE:
        raise ProblemError(Problem(415, "content_type", f"Send {MAIL_TYPE}, multipart/form-data, or nothing."))
    if len(content) > most_bytes:
        raise ProblemError(Problem(413, "too_large", f"At most {most_bytes // 1_048_576} MiB."))
    return SentFile("mended.eml", MAIL_TYPE, content)
