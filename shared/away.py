"""Whether a server that does not answer is away, asked by one for all, so that callers need not each find out.

Invariant: a server is away from a question that it did not answer until the next one that it does; a slow answer to
somebody's own call alone never makes it so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

ANSWER_SECONDS = 1.0
PAUSE_SECONDS = 0.5


class Away:
    """One server, as those who call it see it.

    Args:
        ask: returns when the server answers; whatever it raises of `errors` means that it does not.
        errors: of the driver; a `TimeoutError` is one anyway.
    """

    def __init__(self, ask: Callable[[], Awaitable[object]], errors: tuple[type[BaseException], ...]) -> None:
        self._ask = ask
        self._errors: tuple[type[BaseException], ...] = (*errors, TimeoutError)
        self._asking: asyncio.Task[None] | None = None
        self.is_away = False

    def suspect(self) -> None:
        """A call had no answer: the server is asked now, and again and again until it answers."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._until_it_answers())

    async def _until_it_answers(self) -> None:
        while True:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._ask()
            except self._errors:
                self.is_away = True
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self.is_away = False
                return

    async def close(self) -> None:
        """Nobody asks any more."""
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
