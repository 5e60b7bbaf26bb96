"""``/deliveries/{id}/retry`` and ``/commands/{id}``: trying a mail again, and what became of something asked."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request

from services.portal_gateway.routes.access import AsStaff
from services.portal_gateway.routes.api.setup_shapes import Outcome
from services.portal_gateway.routes.api.shapes import Delivery
from services.portal_gateway.routes.asking import accepted, caller_of, done, shown
from services.portal_gateway.routes.context import context_of
from services.portal_gateway.routes.problems import not_found
from services.portal_gateway.use_cases import work_on_items
from services.portal_gateway.use_cases.ask import look
from shared.contracts.answers import Answer

router = APIRouter(prefix="/api/v1")


@router.post(
    "/deliveries/{delivery_id}/retry", response_model=Delivery, tags=["deliveries"], summary="Try a mail again"
)
async def retry(request: Request, staff: AsStaff, delivery_id: UUID) -> Any:
    """A failed mail is tried again; its age starts anew."""
    context = context_of(request)
    delivery = await context.items.delivery(delivery_id)
    if delivery is None:
        raise not_found("delivery")
    caller = caller_of(request, staff)
    answer = await work_on_items.retry(context.asking, caller, delivery)
    if answer is None:
        return accepted(caller)
    done(answer)
    tried = await context.items.delivery(delivery_id) or delivery
    return shown(Delivery.of(tried), tried.version)


@router.get("/commands/{command_id}", response_model=Outcome, tags=["commands"], summary="What became of a command")
async def outcome(request: Request, command_id: UUID) -> Any:
    """What a 202 led to: `pending` until the owner has answered. It waits for the answer for a moment."""
    context = context_of(request)
    answer = await look(context.asking, command_id, context.settings.gateway_answer_seconds)
    return Outcome(command_id=command_id, outcome="pending") if answer is None else _told(answer)


def _told(answer: Answer) -> Outcome:
    number = answer.result.get("number")
    return Outcome(
        command_id=answer.command_id,
        outcome=answer.outcome,
        code=answer.code,
        text=answer.text,
        field=answer.field,
        result=answer.result,
        url=f"/api/v1/items/{number}" if isinstance(number, int) else None,
    )
