"""Runs a worker service: logs, event loop, host, until a signal."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from shared.messaging.host import Host, ServiceSettings
from shared.observability.logs import configure_logs

S = TypeVar("S", bound=ServiceSettings)


def run_service(name: str, settings: S, build: Callable[[S], Awaitable[Host]]) -> None:
    """Run until SIGTERM or SIGINT."""
    configure_logs(name, settings.replica, settings.log_format, settings.log_level)

    async def main() -> None:
        host = await build(settings)
        await host.run_until_signalled()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
