"""Search or run: tickets by number or words, organisations by name."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.portal_gateway.domain.listing import LARGEST_NUMBER, ItemFilter
from services.portal_gateway.domain.view_models.lists import row
from services.portal_gateway.routes.access import AsStaff
from services.portal_gateway.routes.workspace.pages import View, is_part, view_of
from shared.contracts.state import ItemState, OrganisationState

router = APIRouter()
TICKETS, ORGANISATIONS = 8, 4


@router.get("/workspace/find")
async def find(request: Request, staff: AsStaff, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """What fits the words best."""
    view = await view_of(request, staff)
    words = " ".join(q.split()) if q.isprintable() else ""
    items, organisations = await _found(view, words) if words else ([], [])
    names = await view.names(items)
    values: dict[str, Any] = {
        "tickets": [row(item, names, view.clock) for item in items],
        "organisations": [(found.id, found.name) for found in organisations],
        "words": words,
    }
    if is_part(request):
        return view.part("found_fragment.html", **values)
    return await view.page("find.html", "", **values)


async def _found(view: View, words: str) -> tuple[list[ItemState], list[OrganisationState]]:
    number = words.removeprefix("#")
    numbered, page, organisations = await asyncio.gather(
        _numbered(view, number),
        view.context.items.page(ItemFilter(words=words), None, TICKETS, "updated"),
        view.context.setup.find_organisations(words, ORGANISATIONS),
    )
    return [*numbered, *(item for item in page.items if item not in numbered)][:TICKETS], organisations


async def _numbered(view: View, text: str) -> list[ItemState]:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < LARGEST_NUMBER):
        return []
    item = await view.context.items.numbered(int(text))
    return [item] if item else []
