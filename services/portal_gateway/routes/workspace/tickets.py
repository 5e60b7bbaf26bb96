"""The ticket page, the parts by which it stays live, the menus of a row."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from services.portal_gateway.domain.listing import LARGEST_NUMBER
from services.portal_gateway.domain.view_models.ticket import TicketPage, head
from services.portal_gateway.routes.access import AsStaff
from services.portal_gateway.routes.workspace.lists import Have, had_of
from services.portal_gateway.routes.workspace.pages import view_of
from services.portal_gateway.routes.workspace.ticket_view import item_of, page_of

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=LARGEST_NUMBER)]


@router.get("/workspace/items/{number}")
async def ticket(request: Request, staff: AsStaff, number: Number) -> Response:
    """The ticket with its conversation."""
    view = await view_of(request, staff)
    page = await page_of(view, await item_of(view, number))
    return await view.page("ticket.html", "", ticket=page)


@router.get("/workspace/items/{number}/changed")
async def changed(request: Request, staff: AsStaff, number: Number, have: Have = "") -> Response:
    """What an open ticket page has not yet, or has no more."""
    view = await view_of(request, staff)
    page = await page_of(view, await item_of(view, number))
    had = had_of(have)
    anchors = {name for name in had if name.startswith(("m-", "c-", "r-"))}
    there = [entry.anchor for entry in page.entries]
    return view.part(
        "ticket_changed.html",
        ticket=page,
        have=frozenset(had.values()),
        anchors=anchors,
        first=_first_known(page, anchors),
        gone=sorted(anchors - set(there)),
        frame=await view.frame(""),
    )


@router.get("/workspace/items/{number}/menus/{what}")
async def menu(
    request: Request, staff: AsStaff, number: Number, what: Literal["status", "priority", "assignee"]
) -> Response:
    """One menu of a ticket, for its row in a list."""
    view = await view_of(request, staff)
    item = await item_of(view, number)
    return view.part("menu.html", head=head(item, await view.names([item]), view.everybody), what=what)


def _first_known(page: TicketPage, anchors: set[str]) -> int:
    """The place of the first entry that the page follows: what is older it has, and that does not change."""
    return next((place for place, entry in enumerate(page.entries) if entry.anchor in anchors), 0)
