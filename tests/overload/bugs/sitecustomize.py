"""Imported by Python itself at every start under this folder: a service stumbles over ``OVERLOAD_STUMBLES_OVER``.

It is a deploy with a fault in it: what it stumbles over is a dead letter. A start without the word is the mended one.
"""

import os
import sys
from typing import Any

WORD = os.environ.get("OVERLOAD_STUMBLES_OVER", "").encode()


def stumble() -> None:
    """Every consumer of this process fails on a message whose record holds the word.

    Raises:
        AttributeError: the code under test has changed, and this must follow.
    """
    from shared.messaging.batch import BatchRunner  # noqa: PLC0415 - only in a service

    handle = BatchRunner._claim_and_handle  # noqa: SLF001 - a fault inside the code under test

    async def faulty(self: Any, connection: Any, messages: Any) -> Any:
        if any(WORD in (message.record.value or b"") for message in messages):
            raise RuntimeError("a fault that a deploy brought in")
        return await handle(self, connection, messages)

    BatchRunner._claim_and_handle = faulty  # type: ignore[method-assign] # noqa: SLF001


if WORD and "services." in " ".join(sys.orig_argv):
    stumble()
