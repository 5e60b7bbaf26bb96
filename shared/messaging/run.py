"""Runs a worker service: logs, event loop, host, until a signal."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from shared.messaging.host import Host, ServiceSettings
from shared.observability.logs import configure_logs

S = TypeVar("S", bound=ServiceSettings)


def run_service(name: str, settings: S, build: Callable[[S], Awaitable[Host]]) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        SystemExit: with code 1, where a part of the process ended by a fault.
    """
    configure_logs(name, settings.replica, settings.log_format, settings.log_level)

    async def main() -> bool:
        host = await build(settings)
        return await host.run_until_signalled()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if not runner.run(main()):
            sys.exit(1)
