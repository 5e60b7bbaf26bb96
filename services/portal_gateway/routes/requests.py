"""Around every request: its correlation id, one log line, one measurement, and the headers that keep pages safe.

Invariant: a line holds route, status, duration and ids; never a path's token, a query, a body or an address.
"""

import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.ids import new_id
from shared.observability.metrics import HTTP_SECONDS

_log = structlog.get_logger()
CORRELATION_HEADER = b"x-correlation-id"

#: Pages load nothing from elsewhere and run nothing inline; a route that needs another policy sets its own.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_SAFE = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # Not no-referrer: with it browsers send `Origin: null` from our own forms (Fetch, append a request Origin header).
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class RequestMiddleware:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id, began = new_id(), time.monotonic()
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=str(correlation_id))
        answered: dict[str, int] = {}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
                message["headers"] = _with_safe_headers(message, str(correlation_id).encode())
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            self._tell(scope, answered.get("status", 500), time.monotonic() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's pattern, not the path: a path may hold the token of a signed link.
        route = getattr(scope.get("route"), "path", "unmatched")
        HTTP_SECONDS.labels(route, str(status)).observe(seconds)
        if route not in {"/healthz", "/readyz", "/metrics", "/static"}:
            _log.info(
                "request", method=scope["method"], route=route, status=status, milliseconds=round(seconds * 1000, 1)
            )


def _with_safe_headers(message: MutableMapping[str, Any], correlation_id: bytes) -> list[tuple[bytes, bytes]]:
    headers: list[tuple[bytes, bytes]] = list(message.get("headers", []))
    present = {name.lower() for name, _ in headers}
    headers += [(name, value) for name, value in _SAFE if name not in present]
    return [*headers, (CORRELATION_HEADER, correlation_id)]
