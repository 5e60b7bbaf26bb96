"""Messages that wait for staff, of every ticket."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.portal_gateway.domain.view_models.conversation import Told, block
from services.portal_gateway.domain.view_models.held import HeldPage, held_page
from services.portal_gateway.routes.access import AsStaff
from services.portal_gateway.routes.workspace.pages import View, view_of
from services.portal_gateway.routes.workspace.ticket_view import file_url

router = APIRouter()
MOST = 100


@router.get("/workspace/held")
async def held(request: Request, staff: AsStaff) -> Response:
    """Oldest first, each with what can be done."""
    view = await view_of(request, staff)
    return await view.page("held.html", "held", held=await _held(view))


async def _held(view: View) -> HeldPage:
    messages = await view.context.items.held(MOST)
    items = {item.id: item for item in await view.context.items.of_ids([m.item_id for m in messages])}
    names = await view.names(items.values())
    found = []
    for message in messages:
        item = items.get(message.item_id)
        if item is not None:
            told = Told(item, (message,), (), (), (), names, file_url=file_url)
            found.append((item, block(message, told, (), view.clock)))
    return held_page(found)
