"""A mail of 25 MB, and two hundred connections that stay: intake's memory is bounded, and others are served."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.history import Outcome
from tests.chaos.session import Session
from tests.overload.inputs import Letter, percentile
from tests.overload.memory import Memory, watched
from tests.overload.report import Part

HELD = 200
OTHERS = 40
MEBIBYTE = 2**20
#: Of a mail's octets before they are written in base64, so that the mail is just under the door's limit.
ATTACHED = 18 * MEBIBYTE
BEGUN_BYTES = 200_000
#: No room just now.
TRY_AGAIN = 421
PATIENCE_SECONDS = 30.0
HEARD_SECONDS = 0.01
#: More than the door holds at once; and what holding that much may cost with the copies that are made of a mail.
AT_ONCE = 14
MOST_FOR_MANY_MIB = 600.0
#: What a mail of the largest size may cost intake beside itself: as it came, joined, and on its way to the store.
MOST_PER_LARGE_MAIL_MIB = 250.0
MOST_FOR_CONNECTIONS_MIB = 100.0


async def large_mail(now: Session, part: Part) -> None:
    """A mail of nearly the largest size that is taken, three times one after another."""
    async with watched(lambda: _pids(now)) as memory:
        for number in range(3):
            letter = Letter(now, f"large{number}@kunde1.example", attachment=now.load.rng.randbytes(ATTACHED))
            begun = time.monotonic()
            told = await letter.send()
            part.promise(told.outcome is Outcome.OK, f"a mail of {len(letter.raw)} bytes was told {told}")
            part.figures[f"mail of {len(letter.raw) / 1e6:.1f} MB, seconds to its answer, no. {number + 1}"] = round(
                time.monotonic() - begun, 2
            )
        await now.calm()
    part.figures["MiB with mails of 25 MB"] = memory.told()
    _bounded(part, memory, MOST_PER_LARGE_MAIL_MIB, "a mail of 25 MB")


async def many_large_mails(now: Session, part: Part) -> None:
    """More large mails at the same time than the door holds: all are taken in the end, some at a later try."""
    attached = now.load.rng.randbytes(ATTACHED)
    letters = [Letter(now, f"many{number}@kunde1.example", attachment=attached) for number in range(AT_ONCE)]
    tries = 0

    async def until_taken(letter: Letter) -> None:
        nonlocal tries
        told = await letter.send()
        tries += 1
        while told.outcome is Outcome.UNKNOWN and tries < AT_ONCE * 20:
            await asyncio.sleep(now.load.rng.uniform(1, 3))
            told = await letter.send()
            tries += 1
        part.promise(told.outcome is Outcome.OK, f"one of {AT_ONCE} large mails was told {told}")

    async with watched(lambda: _pids(now)) as memory:
        await asyncio.gather(*(until_taken(letter) for letter in letters))
        await now.calm()
    part.figures[f"tries until {AT_ONCE} mails of 25 MB at once were taken"] = tries
    part.figures[f"MiB with {AT_ONCE} mails of 25 MB at once"] = memory.told()
    _bounded(part, memory, MOST_FOR_MANY_MIB, f"{AT_ONCE} mails of 25 MB at once")


async def held_connections(now: Session, part: Part) -> None:
    """Connections that say hello and then nothing; then such that begin a mail and leave it.

    The others try again, as mail servers do: where all connections are taken one that stays silent makes room.
    """
    alone = await _others(now, part, "alone")
    for name, begun in (("idle", b""), ("in the middle of a mail", b"x" * 998 + b"\r\n")):
        async with watched(lambda: _pids(now)) as memory, _held(now, begun) as writers:
            seconds = await _others(now, part, f"beside {HELD} connections, {name}")
            ended = sum([await _is_ended(reader) for reader, _ in writers])
        part.figures[f"MiB with {HELD} connections {name}"] = memory.told()
        part.figures[f"others beside {HELD} connections {name}"] = {
            "p95 ms alone": round(percentile(alone, 0.95) * 1000, 1),
            "p95 ms beside them": round(percentile(seconds, 0.95) * 1000, 1),
            "made room": ended,
        }
        _bounded(part, memory, MOST_FOR_CONNECTIONS_MIB, f"{HELD} connections, {name},")


def _bounded(part: Part, memory: Memory, most: float, what: str) -> None:
    for member in memory.start:
        if member.startswith("intake"):
            grown = memory.grown(member)
            part.promise(grown <= most, f"{what} cost {member} {grown:.0f} MiB, more than {most:.0f}")


async def _others(now: Session, part: Part, when: str) -> list[float]:
    """Others' mails, one after another; each must be taken."""
    seconds = []
    for number in range(OTHERS):
        begun = time.monotonic()
        letter = Letter(now, f"other{number}-{now.load.rng.randrange(10**6)}@kunde2.example")
        told = await letter.send()
        while told.code == TRY_AGAIN and time.monotonic() < begun + PATIENCE_SECONDS:
            await asyncio.sleep(0.5)
            told = await letter.send()
        seconds.append(time.monotonic() - begun)
        part.promise(told.outcome is Outcome.OK, f"{when}, another's mail was told {told.code} {told.detail}")
    return seconds


@asynccontextmanager
async def _held(now: Session, begun: bytes) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    """So many connections that stay open, each with a piece of a mail where one is given."""
    port, domain = now.load.entrance.smtp[0].port, now.load.entrance.mail_domain
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(HELD)]
    try:
        for reader, writer in opened:
            await reader.readline()
            await _say(reader, writer, b"EHLO held.example\r\n")
        if begun:
            for number, (reader, writer) in enumerate(opened):
                await _say(reader, writer, f"MAIL FROM:<held{number}@kunde3.example>\r\n".encode())
                await _say(reader, writer, f"RCPT TO:<support@{domain}>\r\n".encode())
                await _say(reader, writer, b"DATA\r\n")
                writer.write(begun * (BEGUN_BYTES // len(begun)))
            await asyncio.gather(*(writer.drain() for _, writer in opened))
        yield opened
    finally:
        for _, writer in opened:
            writer.transport.abort()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    await writer.drain()
    while (answer := await reader.readline())[3:4] == b"-":
        continue
    if not answer.startswith((b"2", b"3")):
        raise ConnectionError(f"{line!r} was told {answer!r}")


async def _is_ended(reader: asyncio.StreamReader) -> bool:
    """Whether the other side has said goodbye, or hung up."""
    try:
        return (await asyncio.wait_for(reader.read(4), HEARD_SECONDS)) in {b"", b"421 "}
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def _pids(now: Session) -> dict[str, int | None]:
    return {m.label: m.server.pid if m.server else None for m in now.desk.members.values()}
