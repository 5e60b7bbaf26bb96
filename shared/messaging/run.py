"""Runs a worker service: logs, event loop, host, until a signal."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from shared.messaging.host import Host, ServiceSettings
from shared.observability.logs import configure_logs

S = TypeVar("S", bound=ServiceSettings)

#: A batch makes some 100,000 values that live as long as it does. The collector, called by default at every 700, would
#: look at all of them again and again and find nothing: a third of the stage's time.
VALUES_BETWEEN_COLLECTIONS = 50_000


def run_service(name: str, settings: S, build: Callable[[S], Awaitable[Host]]) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        SystemExit: with code 1, where a part of the process ended by a fault.
    """
    configure_logs(name, settings.replica, settings.log_format, settings.log_level)

    async def main() -> bool:
        host = await build(settings)
        gc.freeze()
        gc.set_threshold(VALUES_BETWEEN_COLLECTIONS)
        return await host.run_until_signalled()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if not runner.run(main()):
            sys.exit(1)
