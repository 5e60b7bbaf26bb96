"""Routes of the workspace: what staff see and do, by pages that work without a script and are live with one."""

from fastapi import APIRouter

from services.portal_gateway.routes.workspace import (
    acts,
    decisions,
    finding,
    held,
    lists,
    messages,
    new,
    quarantine,
    rules,
    signing,
    tickets,
)
from services.portal_gateway.routes.workspace.failures import error_page
from services.portal_gateway.routes.workspace.pages import HOME

__all__ = ["ERROR_PAGES", "router"]

router = APIRouter(include_in_schema=False)
for _part in (signing, lists, finding, new, held, quarantine, rules, tickets, acts, messages, decisions):
    router.include_router(_part.router)

#: How problems are shown here.
ERROR_PAGES = {HOME: error_page}
