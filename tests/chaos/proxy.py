"""A TCP proxy for one link between two processes, whose manner changes while it runs.

Invariant: what passes is the sender's bytes in their order, from the sender's address; a fault withholds, delays or
ends, it never alters.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

CHUNK = 65_536
#: Close with a reset (RST), not a farewell (FIN): linger on, for no time.
_LINGER = struct.pack("ii", 1, 0)
_LOST = (ConnectionError, OSError, asyncio.IncompleteReadError)


@dataclass(frozen=True)
class Pass:
    """Everything goes through."""


@dataclass(frozen=True)
class Refuse:
    """Nobody listens, and open connections are reset."""


@dataclass(frozen=True)
class BlackHole:
    """Connections stay and open, and nothing moves; when it ends, what was held moves on."""


@dataclass(frozen=True)
class Delay:
    """Each piece waits so long, in both directions."""

    seconds: float


@dataclass(frozen=True)
class Slow:
    """At most so many bytes a second, in each direction of a connection."""

    bytes_per_second: int


@dataclass(frozen=True)
class CutAfter:
    """Each connection is reset once so many more bytes have passed on it, counted in both directions."""

    bytes_passed: int


@dataclass(frozen=True)
class Swallow:
    """A piece that `asked` recognises goes through, its answer does not: the connection is reset in its place."""

    asked: Callable[[bytes], bool]


Manner = Pass | Refuse | BlackHole | Delay | Slow | CutAfter | Swallow


@dataclass(eq=False)
class _Connection:
    """Both halves of one client's connection, and what its faults have counted."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    passed: int = 0
    asked: bool = False

    def reset(self) -> None:
        for writer in (self.client, self.server):
            found = writer.get_extra_info("socket")
            if found is not None and not writer.transport.is_closing():
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            writer.transport.abort()


class Proxy:
    """Listens on a port of the loopback address and passes every connection on to another.

    Args:
        name: how faults call the link.
        port: where it listens; 0 takes any free one.
        upstream: the port of the server behind it.
    """

    def __init__(self, name: str, port: int, upstream: int, host: str = "127.0.0.1") -> None:
        self.name = name
        self.port = port
        self.upstream = upstream
        self.host = host
        self.manner: Manner = Pass()
        self.swallowed = 0
        #: How often a manner other than `Pass`, or a reset, kept back, put off or ended anything.
        self.bites = 0
        #: Clients that came when nobody was behind the link.
        self.unreached = 0
        #: Pieces, farewells and new connections that wait for the end of a silence.
        self.held = 0
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """It listens."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accepted, self.host, self.port, backlog=512)
            self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nothing of it is left."""
        await self.behave(Refuse())
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.manner = Pass()

    async def behave(self, manner: Manner) -> None:
        """The link is so from now on, for connections that are open too."""
        self.manner = manner
        for connection in self._open:
            connection.passed, connection.asked = 0, False
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if isinstance(manner, Refuse):
            await self._close()
        else:
            await self.start()

    def interject(self, piece: bytes) -> None:
        """Every client hears this between what the server says."""
        for connection in self._open:
            connection.client.write(piece)

    def reset(self) -> None:
        """Every open connection is reset; new ones are taken."""
        self.bites += len(self._open)
        for connection in list(self._open):
            connection.reset()

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.reset()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await self._while_silent()
        try:
            back, forth = await self._connected(writer)
        except _LOST:
            self.unreached += 1
            writer.transport.abort()
            return
        connection = _Connection(writer, forth)
        self._open.add(connection)
        try:
            await asyncio.gather(
                self._pump(connection, reader, forth, asking=True), self._pump(connection, back, writer, asking=False)
            )
        except _LOST:
            connection.reset()
        finally:
            self._open.discard(connection)
            writer.close()
            forth.close()

    async def _connected(self, client: asyncio.StreamWriter) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the server, from the client's own address, so that the server counts clients as they are.

        Raises:
            OSError: the server does not take it, or the client went as soon as it had come.
        """
        peer = client.get_extra_info("peername")
        if peer is None:
            raise ConnectionResetError("the client is gone")
        address = peer[0]
        own = None if address == self.host else (address, 0)
        return await asyncio.open_connection(self.host, self.upstream, local_addr=own)

    async def _pump(
        self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asking: bool
    ) -> None:
        while piece := await reader.read(CHUNK):
            await self._while_silent()
            await self._move(connection, piece, writer, asking=asking)
        await self._while_silent()
        _still_open(writer)
        if writer.can_write_eof():
            writer.write_eof()

    async def _move(self, connection: _Connection, piece: bytes, writer: asyncio.StreamWriter, *, asking: bool) -> None:
        manner = self.manner
        if isinstance(manner, Slow):
            self.bites += 1
            await self._dribble(piece, writer, manner)
            return
        if isinstance(manner, Delay):
            self.bites += 1
            await asyncio.sleep(manner.seconds)
        elif isinstance(manner, CutAfter):
            room = manner.bytes_passed - connection.passed
            connection.passed += len(piece)
            if len(piece) > room:
                self.bites += 1
                await _write(writer, piece[: max(0, room)])
                raise ConnectionResetError("cut")
        elif isinstance(manner, Swallow):
            if asking and manner.asked(piece):
                connection.asked = True
            elif not asking and connection.asked:
                self.swallowed += 1
                self.bites += 1
                raise ConnectionResetError("swallowed")
        await _write(writer, piece)

    async def _dribble(self, piece: bytes, writer: asyncio.StreamWriter, manner: Slow) -> None:
        """In tenths of a second's worth, until the piece is through or the link is fast again."""
        size = max(1, manner.bytes_per_second // 10)
        while piece and self.manner == manner:
            await _write(writer, piece[:size])
            piece = piece[size:]
            await asyncio.sleep(size / manner.bytes_per_second)
        await _write(writer, piece)

    async def _while_silent(self) -> None:
        self.held += 1
        self.bites += isinstance(self.manner, BlackHole)
        try:
            while isinstance(self.manner, BlackHole):
                await self._changed.wait()
        finally:
            self.held -= 1


async def _write(writer: asyncio.StreamWriter, piece: bytes) -> None:
    _still_open(writer)
    writer.write(piece)
    await writer.drain()


def _still_open(writer: asyncio.StreamWriter) -> None:
    """A half that was reset while we waited is lost, whatever its event loop would make of a write to it."""
    if writer.is_closing():
        raise ConnectionResetError("reset meanwhile")


def asks_commit(piece: bytes) -> bool:
    """A client of PostgreSQL asks for a COMMIT (simple query protocol)."""
    return piece[:1] == b"Q" and b"COMMIT" in piece[:64].upper()


def asks_produce(piece: bytes) -> bool:
    """A client of Kafka asks to append records: the request's API key is 0."""
    return len(piece) >= 6 and piece[4:6] == b"\x00\x00"


def ends_data(piece: bytes) -> bool:
    """A client of an SMTP server has sent the final dot."""
    return piece.endswith(b"\r\n.\r\n")


def sends_body(piece: bytes) -> bool:
    """An HTTP client has sent something that changes something."""
    return piece[:4] != b"GET "
