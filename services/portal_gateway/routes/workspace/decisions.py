"""Why a rule acted on a ticket, and why the others did not."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.portal_gateway.domain.view_models.decisions import why
from services.portal_gateway.routes.access import AsStaff
from services.portal_gateway.routes.problems import not_found
from services.portal_gateway.routes.workspace.pages import View, is_part, view_of
from services.portal_gateway.routes.workspace.ticket_view import item_of
from services.portal_gateway.routes.workspace.tickets import Number
from shared.contracts.state import DecisionState, ItemState

router = APIRouter()


@router.get("/workspace/items/{number}/decisions")
async def every(request: Request, staff: AsStaff, number: Number) -> Response:
    """What the rules made of each of the ticket's events, newest first."""
    view = await view_of(request, staff)
    item = await item_of(view, number)
    found = await view.context.items.decisions(item.id)
    return await _shown(view, item, list(reversed(found)))


@router.get("/workspace/items/{number}/decisions/{decision_id}")
async def one(request: Request, staff: AsStaff, number: Number, decision_id: UUID) -> Response:
    """What the rules made of one event."""
    view = await view_of(request, staff)
    item = await item_of(view, number)
    decision = await view.context.items.decision(decision_id)
    if decision is None or decision.item_id != item.id:
        raise not_found("decision")
    return await _shown(view, item, [decision])


async def _shown(view: View, item: ItemState, decisions: list[DecisionState]) -> Response:
    rules = await view.context.setup.rules()
    names = await view.names([item])
    mails = await view.context.lists.mails_of(item.id, decisions)
    told = [why(decision, rules, names, view.clock, mails) for decision in decisions]
    if is_part(view.request):
        return view.part("why_dialog.html", decisions=told)
    return await view.page("why.html", "", number=item.number, decisions=told)
