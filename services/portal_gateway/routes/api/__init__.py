"""The API of staff and their programs: ``/api/v1`` and ``/events``; bearer token or session, JSON, problem+json."""

from fastapi import APIRouter, Depends

from services.portal_gateway.routes import files, live
from services.portal_gateway.routes.access import require_staff
from services.portal_gateway.routes.api import commands, docs, items, messages, people, quarantine, rules, setup

router = APIRouter()
# Whatever stands in a part is for staff; a route that needs to know who asks, or more rights, says so besides.
for part in (items, messages, files, rules, setup, people, quarantine, commands, live):
    router.include_router(part.router, dependencies=[Depends(require_staff)])
router.include_router(docs.router)
