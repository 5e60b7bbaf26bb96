"""Routes of the portal: the start page, forms, confirmations, requests by signed links."""

from fastapi import APIRouter

from services.portal_gateway.routes.portal import files, forms, live, requests, sent
from services.portal_gateway.routes.portal.pages import HOME, error_page

__all__ = ["ERROR_PAGES", "OWN_LIMITS", "router"]

router = APIRouter()
for _part in (forms, sent, requests, files, live):
    router.include_router(_part.router)

#: How problems are shown here.
ERROR_PAGES = {HOME: error_page}
#: These routes keep what was typed beside files that are too large, so they bound what they read by themselves.
OWN_LIMITS = (f"{HOME}/forms/", f"{HOME}/requests/")
