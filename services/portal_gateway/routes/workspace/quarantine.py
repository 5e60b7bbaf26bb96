"""Mails that did not become tickets: looked at, read again, mended, taken as they are, discarded."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from services.portal_gateway.domain import cursors
from services.portal_gateway.domain.view_models.quarantine import PATH, quarantine_list, quarantine_page
from services.portal_gateway.routes.access import AsStaff, read_form
from services.portal_gateway.routes.api.messages import sent_files
from services.portal_gateway.routes.asking import CursorText, caller_of
from services.portal_gateway.routes.problems import not_found
from services.portal_gateway.routes.workspace.acts import typed_in
from services.portal_gateway.routes.workspace.answers import not_yet, refused
from services.portal_gateway.routes.workspace.pages import View, see_other, view_of
from services.portal_gateway.use_cases import quarantine as use_case
from shared.blobs import BlobMissingError
from shared.contracts.answers import Answer
from shared.contracts.state import QuarantineState

router = APIRouter()
ROWS = 50
#: A page is read for its text, up to here; what is larger is downloaded and mended elsewhere.
READ_BYTES = 64 * 1024


@router.get("/workspace/quarantine")
async def every(
    request: Request, staff: AsStaff, handled: Annotated[str, Query(max_length=5)] = "", cursor: CursorText = None
) -> Response:
    """The mails that wait, or those that were dealt with."""
    view = await view_of(request, staff)
    return await _page(view, handled=handled == "yes", cursor=cursor)


@router.get("/workspace/quarantine/{receipt_id}")
async def one(request: Request, staff: AsStaff, receipt_id: UUID) -> Response:
    """One mail beside the list: why, what could be read, what can be done."""
    view = await view_of(request, staff)
    mail = await _mail(view, receipt_id)
    return await _page(view, handled=mail.status != "open", mail=mail)


@router.post("/workspace/quarantine/{receipt_id}/replay")
async def replay(request: Request, staff: AsStaff, receipt_id: UUID) -> Response:
    """The mail is read again, from its bytes or from mended ones; twice is one message."""
    view = await view_of(request, staff)
    await _mail(view, receipt_id)
    mended = await _mended(view)
    caller = caller_of(request, staff)
    key = await view.context.blobs.put(caller.command_id, mended) if mended else None
    answer = await use_case.replay(view.context.asking, caller, receipt_id, key)
    return await _told(view, answer, receipt_id, "released")


@router.post("/workspace/quarantine/{receipt_id}/discard")
async def discard(request: Request, staff: AsStaff, receipt_id: UUID) -> Response:
    """Nothing comes of the mail; its bytes and its receipt stay."""
    view = await view_of(request, staff)
    await _mail(view, receipt_id)
    answer = await use_case.discard(view.context.asking, caller_of(request, staff), receipt_id)
    return await _told(view, answer, receipt_id, "discarded")


@router.post("/workspace/quarantine/{receipt_id}/ticket")
async def take(request: Request, staff: AsStaff, receipt_id: UUID) -> Response:
    """A ticket holds the mail as a file, whatever it says."""
    view = await view_of(request, staff)
    await _mail(view, receipt_id)
    mailbox = (await typed_in(request)).get("mailbox", "")
    answer = await use_case.take(view.context.asking, caller_of(request, staff), receipt_id, mailbox)
    return await _told(view, answer, receipt_id, "taken")


async def _page(
    view: View, *, handled: bool, cursor: str | None = None, mail: QuarantineState | None = None
) -> Response:
    setup = view.context.setup
    place = cursors.moment_of("quarantine", cursor)
    found = await setup.quarantine(None if handled else "open", place, ROWS + 1)
    rows, following = cursors.page(found, ROWS, "quarantine", lambda row: cursors.after_moment(row.accepted_at, row.id))
    shown = [row for row in rows if not handled or row.status != "open"]
    waiting = await setup.count_quarantine()
    next_url = f"{PATH}?{'handled=yes&' if handled else ''}cursor={following}" if following else ""
    listed = quarantine_list(shown, view.clock, handled=handled, waiting=waiting, next_url=next_url)
    page = None
    if mail is not None:
        raw = await _bytes(view, mail)
        page = quarantine_page(mail, view.clock, raw=raw, mailboxes=tuple(view.setup.mailboxes.values()))
    return await view.page("quarantine.html", "quarantine", quarantine=listed, mail=page)


async def _mail(view: View, receipt_id: UUID) -> QuarantineState:
    mail = await view.context.setup.quarantined(receipt_id)
    if mail is None:
        raise not_found("quarantined mail")
    return mail


async def _bytes(view: View, mail: QuarantineState) -> bytes | None:
    """The mail's octets where they can be mended on the page."""
    if mail.status != "open" or mail.size_bytes > READ_BYTES:
        return None
    try:
        return await view.context.blobs.get(mail.raw_blob)
    except BlobMissingError:
        return None


async def _mended(view: View) -> bytes | None:
    """Mended octets: a file, or text with its lines ended as mails end them."""
    form = await read_form(view.request)
    uploads = [file for file in form.getlist("mended") if isinstance(file, UploadFile)]
    files = await sent_files(uploads, view.context.settings.gateway_max_upload_bytes)
    if files and files[0].content:
        return files[0].content
    text = form.get("text")
    if not isinstance(text, str) or not text.strip():
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()


async def _told(view: View, answer: Answer | None, receipt_id: UUID, said: str) -> Response:
    if answer is None:
        return await not_yet(view, f"{PATH}/{receipt_id}")
    if answer.outcome == "refused":
        return await refused(view, answer)
    mail = await _mail(view, receipt_id)
    if mail.item_number is not None and said != "discarded":
        return see_other(f"/workspace/items/{mail.item_number}", said)
    return see_other(PATH if said == "discarded" else f"{PATH}/{receipt_id}", said)
