"""``/api/docs``: the API's description for people. It is the one page that loads something from elsewhere."""

import base64
import re
from hashlib import sha256

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse

router = APIRouter(prefix="/api", include_in_schema=False)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ORIGIN = re.compile(r"(?:src|href)=\"(https://[^/\"]+)")


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """FastAPI's page, under a policy for just what it loads."""
    page = get_swagger_ui_html(openapi_url=request.app.openapi_url, title="Deskstream API")
    return HTMLResponse(page.body, headers={"Content-Security-Policy": policy_for(bytes(page.body).decode())})


def policy_for(html: str) -> str:
    """A policy by which the page's own inline script and its sources work, and nothing else."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in _SCRIPT.findall(html))
    origins = " ".join(sorted(set(_ORIGIN.findall(html))))
    return (
        f"default-src 'none'; script-src {hashes} {origins}; style-src 'unsafe-inline' {origins}; "
        f"img-src 'self' data: {origins}; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(sha256(script.encode()).digest()).decode()
