"""Every page with sample data, without Kafka or PostgreSQL: the templates' own place to be looked at.

python -m tests.browser.preview [port]
"""

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from services.portal_gateway.domain.view_models.portal import ENGLISH, brand_styles
from services.portal_gateway.routes.rendering import STATIC, Rendering
from services.portal_gateway.routes.requests import CONTENT_SECURITY_POLICY
from tests.browser import sample_portal, sample_workspace

PORT = 8099


def make_preview() -> FastAPI:
    """The pages under their real addresses, and an index of them at ``/``."""
    app = FastAPI(docs_url=None, redoc_url=None)
    rendering = Rendering()
    pages = {
        path: ({"frame": sample_portal.FRAME, "t": ENGLISH}, *page) for path, page in sample_portal.pages().items()
    }
    pages |= {path: ({}, *page) for path, page in sample_workspace.pages().items()}

    @app.middleware("http")
    async def as_in_earnest(request: Request, go_on: Any) -> Response:
        answer: Response = await go_on(request)
        answer.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return answer

    @app.get("/portal/brand.css")
    def brand() -> Response:
        return PlainTextResponse(brand_styles(sample_portal.BRAND), media_type="text/css")

    @app.get("/")
    def index() -> Response:
        return HTMLResponse("<br>".join(f'<a href="{path}">{path}</a>' for path in pages))

    app.mount("/static", StaticFiles(directory=STATIC))

    @app.get("/{path:path}")
    def page(path: str) -> Response:
        found = pages.get(f"/{path}")
        if found is None:
            return PlainTextResponse("no such page", 404)
        common, template, status, values = found
        return rendering.page(template, status, **common, **values)

    return app


if __name__ == "__main__":
    uvicorn.run(make_preview(), port=int(sys.argv[1]) if len(sys.argv) > 1 else PORT, log_level="warning")
