"""Rules as they stand, in words; administrators switch them on and off."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.portal_gateway.domain.view_models.lists import Empty
from services.portal_gateway.domain.view_models.rules import rule_card
from services.portal_gateway.routes.access import AsAdministrator, AsStaff
from services.portal_gateway.routes.asking import caller_of
from services.portal_gateway.routes.problems import not_found
from services.portal_gateway.routes.workspace.acts import typed_in
from services.portal_gateway.routes.workspace.answers import not_yet, refused
from services.portal_gateway.routes.workspace.pages import View, see_other, view_of
from services.portal_gateway.use_cases import set_up
from shared.contracts.automation import SaveRule
from shared.contracts.state import RuleState

router = APIRouter()
_EMPTY = Empty("zap", "No rules yet", "Rules answer, assign and set by themselves. They are made by the API.")


@router.get("/workspace/rules")
async def every(request: Request, staff: AsStaff) -> Response:
    """All rules in their order."""
    view = await view_of(request, staff)
    cards = [rule_card(rule, view.setup) for rule in await view.context.setup.rules()]
    return await view.page("rules.html", "rules", rules=cards, empty=_EMPTY)


@router.get("/workspace/rules/{rule_id}")
async def one(request: Request, staff: AsStaff, rule_id: UUID) -> Response:
    """One rule, whole."""
    view = await view_of(request, staff)
    return await view.page("rule.html", "rules", rule=rule_card(await _rule(view, rule_id), view.setup))


@router.post("/workspace/rules/{rule_id}/switch")
async def switch(request: Request, staff: AsAdministrator, rule_id: UUID) -> Response:
    """The rule acts from now on, or does not."""
    view = await view_of(request, staff)
    await _rule(view, rule_id)
    typed = await typed_in(request)
    enabled = typed.get("enabled") == "yes"
    seen = int(typed["version"]) if typed.get("version", "").isdecimal() else None
    command = SaveRule(rule_id=rule_id, enabled=enabled, based_on=seen)
    answer = await set_up.save_rule(view.context.asking, view.context.setup, caller_of(request, staff), command)
    if answer is None:
        return await not_yet(view, "/workspace/rules")
    if answer.outcome == "refused":
        return await refused(view, answer)
    return see_other("/workspace/rules", "on" if enabled else "off")


async def _rule(view: View, rule_id: UUID) -> RuleState:
    rule = await view.context.setup.rule(rule_id)
    if rule is None:
        raise not_found("rule")
    return rule
