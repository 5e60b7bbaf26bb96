"""Reads mails that were broken at random: none may crash the reader or hold it up.

    python -m tests.unit.intake.fuzzing --mails 20000 --seed 1

Mails come from the fixtures and from those that are hard to read; the same seed breaks them in the same way. They are
read by the parser children of the running service, within its bounds. What ends as `unreadable` (an exception) or
`too_slow` is kept in a folder.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from services.intake.domain.parsed_mail import Unreadable
from services.intake.parser_child import ParserPool
from tests.unit.intake.hard_mails import hard_originals

MAILS = Path(__file__).parents[2] / "fixtures" / "mails"
FAULTS = {"unreadable", "too_slow", "too_large"}
#: Pieces that readers stumble over.
TOKENS = (
    b"\x00", b"\r", b"\n", b"\r\n\r\n", b"--", b"=?utf-8?q?", b"=?gb2312?B?", b"?=", b"=\r\n", b"<", b">", b"(", b'"',
    b";", b"boundary=", b"Content-Type: multipart/mixed\r\n", b"Content-Type: message/rfc822\r\n", b"charset=utf-7",
    b"charset=iso-2022-jp", b"charset=zip", b"Content-Transfer-Encoding: base64\r\n", b"begin 644 x\r\n", b"\xff\xfe",
    b"\xed\xa0\x80", b"<blockquote type=cite>", b"<style>", b"<!--", b"&#xd800;", b"filename*0*=utf-8''%ff",
    b"From: \r\n", b"Date: 99 Foo 9999 99:99:99\r\n", b"On 1/1/2016 10:00 A <a@b> wrote:\r\n", b"Status: 9.9.9\r\n",
)  # fmt: skip


def originals() -> list[bytes]:
    """The fixtures, in their order, and mails that are hard to read."""
    return [*(path.read_bytes() for path in sorted(MAILS.glob("*.eml"))), *hard_originals()]


def broken(count: int, seed: int) -> Iterator[bytes]:
    """So many broken mails, the same for the same seed."""
    chance, mails = random.Random(seed), originals()  # noqa: S311 - broken mails are no secret
    for _ in range(count):
        raw = bytearray(chance.choice(mails))
        for _ in range(chance.randint(1, 6)):
            _break(raw, chance, mails)
        yield bytes(raw)


def _break(raw: bytearray, chance: random.Random, mails: list[bytes]) -> None:
    at = chance.randrange(len(raw) + 1)
    length = min(chance.choice((1, 2, 8, 60, 400)), len(raw) - at)
    kind = chance.randrange(7)
    if kind == 0:
        raw[at : at + length] = chance.randbytes(length)
    elif kind == 1:
        del raw[at : at + length]
    elif kind == 2:
        raw[at:at] = raw[at : at + length] * chance.choice((1, 2, 20))
    elif kind == 3:
        raw[at:at] = chance.choice(TOKENS) * chance.choice((1, 1, 3, 50))
    elif kind == 4:
        del raw[at:]
    elif kind == 5:
        other = chance.choice(mails)
        raw[at:] = other[chance.randrange(len(other)) :]
    else:
        lines = raw.split(b"\n")
        chance.shuffle(lines)
        raw[:] = b"\n".join(lines)


async def _run(count: int, seed: int, children: int) -> int:
    pool, endings, faults = ParserPool(children), Counter[str](), list[Path]()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    gate = asyncio.Semaphore(children * 2)

    async def read(raw: bytes) -> None:
        async with gate:
            answer = await pool.parse(raw)
        ending = answer.code if isinstance(answer, Unreadable) else "read"
        endings[ending] += 1
        if ending in FAULTS:
            faults.append(folder / f"{sha256(raw).hexdigest()[:12]}.eml")
            faults[-1].write_bytes(raw)
            sys.stdout.write(f"{ending}: {answer.reason if isinstance(answer, Unreadable) else ''}: {faults[-1]}\n")

    batch: list[bytes] = []
    for raw in broken(count, seed):
        batch.append(raw)
        if len(batch) == 500:
            await asyncio.gather(*map(read, batch))
            batch = []
    await asyncio.gather(*map(read, batch))
    await pool.close()
    sys.stdout.write(f"seed {seed}: {count} mails: {dict(endings)}\n")
    return 1 if faults else 0


def main() -> int:
    """Run from the command line; the exit code is 1 where the reader failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--children", type=int, default=2)
    told = parser.parse_args()
    return asyncio.run(_run(told.mails, told.seed, told.children))


if __name__ == "__main__":
    sys.exit(main())
