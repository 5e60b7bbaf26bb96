"""Time in: the HTTP server's life, and rows that grow old."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import uvicorn
from starlette.types import ASGIApp

from services.portal_gateway.repository.asking import forget_old
from services.portal_gateway.settings import GatewaySettings
from shared.clock import Clock
from shared.observability.health import QuietServer
from shared.postgres.pool import Pool

FORGET_EVERY_SECONDS = 600.0
DRAIN_SECONDS = 3
Run = Callable[[asyncio.Event], Awaitable[None]]


def http_job(app: ASGIApp, settings: GatewaySettings, closing: Sequence[Callable[[], Awaitable[None]]]) -> Run:
    """Serves pages until stopped, lets requests in hand end, then closes what only they used."""

    async def run(stop: asyncio.Event) -> None:
        server = QuietServer(
            uvicorn.Config(
                app,
                host=settings.gateway_http_host,
                port=settings.gateway_http_port,
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=bool(settings.gateway_trusted_proxies),
                forwarded_allow_ips=settings.gateway_trusted_proxies or None,
                timeout_graceful_shutdown=DRAIN_SECONDS,
                h11_max_incomplete_event_size=64 * 1024,
            )
        )
        serving = asyncio.create_task(server.serve())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        stopping.cancel()
        await serving
        for close in closing:
            await close()

    return run


def forget_job(pool: Pool, clock: Clock) -> Run:
    """Old rows go, every ten minutes."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await forget_old(pool, clock())
            try:
                await asyncio.wait_for(stop.wait(), FORGET_EVERY_SECONDS)
            except TimeoutError:
                continue

    return run
