"""The measure of the door: aiosmtpd alone, with a handler that has the mail on the disk before it answers 250.

``python -m tests.bench.smtp_bare PORT FOLDER`` runs until it is stopped. A file a mail, written and fsynced in a
thread, so that mails of several connections do not wait for one another's disk.
"""

import asyncio
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import uvloop
from aiosmtpd.smtp import SMTP


class Keep:
    """Keeps every mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        await asyncio.to_thread(self._keep, envelope.original_content)
        return "250 2.0.0 OK"

    def _keep(self, content: bytes) -> None:
        with (self._folder / uuid.uuid4().hex).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


async def serve(port: int, folder: Path) -> None:
    loop, keep = asyncio.get_running_loop(), Keep(folder)
    server = await loop.create_server(lambda: SMTP(keep, loop=loop, hostname="bare.example"), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
