"""A mail server that takes everything at once and says what it took: a process of its own, so that its cost is seen.

``python -m tests.bench.sink PORT`` runs until it is stopped and prints a JSON line for each mail: the monotonic clock,
recipients, names of mails of the load found in it, Message-ID.
"""

import asyncio
import json
import re
import sys
import time
from typing import cast

import uvloop

_NAME = re.compile(rb"\bbench-[a-z0-9]+-\d+")
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(<[^>]+>)")
_ANSWERS = {b"EHLO": b"250-sink.example\r\n250-8BITMIME\r\n250 PIPELINING\r\n", b"QUIT": b"221 2.0.0 Bye\r\n"}
_OK = b"250 2.0.0 OK\r\n"


class Connection(asyncio.Protocol):
    """One client: commands, then a mail up to its final dot."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._recipients: list[str] = []
        self._in_data = False
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's, only shaped like them.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._mail() if self._in_data else self._command():
            pass

    def _command(self) -> bool:
        """Take one command; false where none is whole yet."""
        line, ended, rest = self._buffer.partition(b"\r\n")
        if not ended or self._transport is None:
            return False
        self._buffer = rest
        verb = bytes(line[:4]).upper()
        if verb == b"RCPT":
            self._recipients.append(bytes(line).partition(b"<")[2].partition(b">")[0].decode().lower())
        if verb == b"DATA":
            self._in_data = True
            self._transport.write(b"354 Go on\r\n")
        else:
            self._transport.write(_ANSWERS.get(verb, _OK))
        if verb == b"QUIT":
            self._transport.close()
        return True

    def _mail(self) -> bool:
        """Take one mail; false where none is whole yet."""
        end = self._buffer.find(b"\r\n.\r\n")
        if end < 0 or self._transport is None:
            return False
        raw, self._buffer = bytes(self._buffer[:end]), self._buffer[end + 5 :]
        self._in_data = False
        found = _MESSAGE_ID.search(raw)
        names = sorted({name.decode() for name in _NAME.findall(raw)})
        line = [time.monotonic(), self._recipients, names, found[1].decode() if found else ""]
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        self._recipients = []
        self._transport.write(_OK)
        return True


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
