"""``/healthz``, ``/readyz`` and ``/metrics`` of a process.

Healthy means: the process works; a supervisor ends one that does not. Ready means: it can do its job now.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

#: Reasons for which the process is not healthy or not ready; none means it is.
Check = Callable[[], Awaitable[dict[str, str]]]


def health_routes(healthy: Check, ready: Check) -> list[Route]:
    """The three routes, for a process that serves HTTP anyway."""

    async def answer(check: Check) -> Response:
        reasons = await check()
        return JSONResponse({"ok": not reasons, "reasons": reasons}, status_code=503 if reasons else 200)

    async def healthz(_request: Request) -> Response:
        return await answer(healthy)

    async def readyz(_request: Request) -> Response:
        return await answer(ready)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


class QuietServer(uvicorn.Server):
    """A server inside a process that handles its signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def health_server(host: str, port: int, healthy: Check, ready: Check) -> QuietServer:
    """A server for the three routes alone; run `serve()` as a task, set `should_exit` to end it."""
    app = Starlette(routes=health_routes(healthy, ready))
    return QuietServer(uvicorn.Config(app, host=host, port=port, log_level="warning", lifespan="off", access_log=False))
