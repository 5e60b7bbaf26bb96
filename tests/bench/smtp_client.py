"""A mail server that hands mails to a door: connections are kept, commands are pipelined, as mail servers do.

Invariant: no mail is waited for without end; a door that says nothing has not taken it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: Far longer than any rate that holds leaves a mail to wait, and short enough for a door that hangs to end a try.
PATIENCE_SECONDS = 60.0


class RefusedError(Exception):
    """The door did not take the mail; its answer is the message."""


class Connection:
    """One connection to an SMTP door."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """A connection to a door of this machine that has greeted us."""
        opened = cls(*await asyncio.open_connection("127.0.0.1", port))
        try:
            await opened._expect(b"220")
            opened._writer.write(b"EHLO load.example\r\n")
            await opened._expect(b"250")
        except BaseException:
            opened.close()
            raise
        return opened

    async def send(self, sender: str, recipient: str, raw: bytes) -> None:
        """The door has answered 250 for the mail.

        Args:
            raw: lines end in CRLF, the last one too; none begins with a dot.

        Raises:
            RefusedError: it answered otherwise; the connection is of no more use.
            ConnectionError: it went away.
        """
        self._writer.write(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode())
        for code in (b"250", b"250", b"354"):
            await self._expect(code)
        self._writer.write(raw + b".\r\n")
        await self._expect(b"250")

    async def _expect(self, code: bytes) -> None:
        while True:
            line = await self._reader.readline()
            if not line:
                raise ConnectionResetError("the door closed the connection")
            if line[3:4] != b"-":
                break
        if not line.startswith(code):
            raise RefusedError(line.decode(errors="replace").strip())

    def close(self) -> None:
        self._writer.close()


class Connections:
    """Connections to one door, made when needed, kept for the next mail.

    Args:
        port: of the door, on this machine.
        most: so many at once.
        patience_seconds: for one mail, a free connection among it.
    """

    def __init__(self, port: int, most: int, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._port = port
        self._patience_seconds = patience_seconds
        self._places = asyncio.Semaphore(most)
        self._free: list[Connection] = []

    async def send(self, sender: str, recipient: str, raw: bytes) -> None:
        """The door has answered 250 for the mail, whose shape is that of `Connection.send`.

        Raises:
            RefusedError: it answered otherwise.
            ConnectionError: it went away.
            TimeoutError: it has not answered in the time that a mail is given.
        """
        try:
            async with asyncio.timeout(self._patience_seconds), self._one() as connection:
                await connection.send(sender, recipient, raw)
        except TimeoutError as error:
            raise TimeoutError(f"the door has not answered in {self._patience_seconds:g} s") from error

    @asynccontextmanager
    async def _one(self) -> AsyncIterator[Connection]:
        """A connection for one mail; one that failed is not used again."""
        async with self._places:
            connection = self._free.pop() if self._free else await Connection.open(self._port)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._free.append(connection)

    def close(self) -> None:
        while self._free:
            self._free.pop().close()
