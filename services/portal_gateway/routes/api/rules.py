"""``/rules``: what happens by itself, as rows."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.portal_gateway.routes.access import AsAdministrator
from services.portal_gateway.routes.api.bodies import NewRule, RuleChange
from services.portal_gateway.routes.api.setup_shapes import Rule
from services.portal_gateway.routes.api.shapes import Rows
from services.portal_gateway.routes.asking import accepted, caller_of, done, shown, version_seen
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.problems import invalid, not_found
from services.portal_gateway.use_cases import set_up
from shared.contracts.automation import SaveRule
from shared.contracts.state import RuleState

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])


@router.get("", response_model=Rows[Rule], summary="All rules, in their order")
async def every(request: Request) -> Any:
    """Rules as they stand."""
    return Rows(items=[Rule.of(rule) for rule in await context_of(request).setup.rules()])


@router.post("", status_code=201, response_model=Rule, summary="Make a rule")
async def make(request: Request, staff: AsAdministrator, body: NewRule) -> Any:
    """Make a rule; a fault is refused with its place, such as ``actions.0.team``."""
    context = context_of(request)
    caller = caller_of(request, staff, body.model_dump(mode="json"))
    rule_id = caller.derived("rule")
    command = SaveRule(rule_id=rule_id, create=True, **body.model_dump())
    answer = await set_up.save_rule(context.asking, context.setup, caller, command)
    if answer is None:
        return accepted(caller)
    done(answer)
    return await _shown(context, rule_id, 201)


@router.get("/{rule_id}", response_model=Rule, summary="One rule")
async def show(request: Request, rule_id: UUID) -> Any:
    """The rule, with its version as ETag."""
    return await _shown(context_of(request), rule_id)


@router.patch("/{rule_id}", response_model=Rule, summary="Change a rule")
async def change(request: Request, staff: AsAdministrator, rule_id: UUID, body: RuleChange) -> Any:
    """Change parts of a rule; a named part that changed since is a conflict."""
    context, based_on = context_of(request), version_seen(request)
    await _rule(context, rule_id)
    if not body.model_fields_set:
        raise invalid("body", "Name at least one part.")
    caller = caller_of(request, staff, body.model_dump(mode="json", exclude_unset=True), based_on)
    command = SaveRule(rule_id=rule_id, based_on=based_on, **body.model_dump(exclude_unset=True))
    answer = await set_up.save_rule(context.asking, context.setup, caller, command)
    if answer is None:
        return accepted(caller)
    done(answer)
    return await _shown(context, rule_id)


@router.delete("/{rule_id}", status_code=204, summary="Remove a rule")
async def remove(request: Request, staff: AsAdministrator, rule_id: UUID) -> Response:
    """The rule is gone; its decisions stay."""
    context = context_of(request)
    await _rule(context, rule_id)
    caller = caller_of(request, staff)
    answer = await set_up.delete_rule(context.asking, caller, rule_id)
    if answer is None:
        return accepted(caller)
    done(answer)
    return Response(status_code=204)


async def _rule(context: Context, rule_id: UUID) -> RuleState:
    rule = await context.setup.rule(rule_id)
    if rule is None:
        raise not_found("rule")
    return rule


async def _shown(context: Context, rule_id: UUID, status: int = 200) -> Response:
    rule = await _rule(context, rule_id)
    return shown(Rule.of(rule), rule.version, status, f"/api/v1/rules/{rule.id}")
