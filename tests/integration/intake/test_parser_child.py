"""Mails are read in children within bounds: a bomb costs its own child only."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest_asyncio

from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from services.intake.domain.reading import read_mail
from services.intake.parser_child import Answer, Bounds, ParserPool
from tests.unit.intake.bombs import bombs
from tests.unit.intake.mails import mail

#: The machine of a test may be busy with others; what counts here is the processor's time.
PATIENT = Bounds(wall_seconds=120)


def wicked(raw: bytes, authserv_id: str, desk: str) -> Answer:
    """A reader that does to its process what a mail asks for."""
    if b"SPIN" in raw:
        while True:
            pass
    if b"SWALLOW" in raw:
        return read_mail(bytes(10**12))
    if b"DIE" in raw:
        os._exit(1)
    if b"RAISE" in raw:
        raise RecursionError("too deep")
    return read_mail(raw, authserv_id, desk)


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[ParserPool]:
    made = ParserPool(2, bounds=PATIENT)
    yield made
    await made.close()


async def test_bombs_end_in_values_and_their_neighbours_go_on(pool: ParserPool) -> None:
    """S16: whatever a mail was made to cost, it is read or says why not; the mails around it are read."""
    for name, bomb in bombs().items():
        before, answer, after = await asyncio.gather(*(pool.parse(raw) for raw in (mail("1"), bomb, mail("2"))))
        assert isinstance(answer, ParsedMail) or answer.code in {"head_too_large", "too_slow", "empty"}, name
        assert isinstance(before, ParsedMail), name
        assert isinstance(after, ParsedMail), name


async def test_child_that_overruns_its_bounds_is_replaced() -> None:
    """Endless work, too much memory, a death, an exception: each mail has its answer, the next one is read."""
    pool = ParserPool(1, bounds=Bounds(cpu_seconds=1, wall_seconds=120), reader=wicked)
    codes = {}
    for word in ("SPIN", "SWALLOW", "DIE", "RAISE"):
        answer = await pool.parse(mail(word))
        codes[word] = answer.code if isinstance(answer, Unreadable) else "read"
        assert isinstance(await pool.parse(mail()), ParsedMail), word
    await pool.close()
    assert codes == {"SPIN": "too_slow", "SWALLOW": "too_large", "DIE": "too_slow", "RAISE": "unreadable"}


async def test_mail_that_waits_too_long_for_its_answer_is_given_up() -> None:
    """A child that sleeps for ever spends no processor time: the wall's clock ends it."""
    pool = ParserPool(1, bounds=Bounds(wall_seconds=0.05), reader=sleepy)
    answer = await pool.parse(mail())
    await pool.close()
    assert isinstance(answer, Unreadable)
    assert answer.code == "too_slow"


def sleepy(raw: bytes, authserv_id: str, desk: str) -> Answer:
    """A reader that hangs."""
    signal.pause()
    return read_mail(raw, authserv_id, desk)


async def test_closing_pool_still_answers_what_is_in_hand() -> None:
    """A batch that is being read when the service stops is read to its end."""
    pool = ParserPool(1, bounds=PATIENT)
    reading = [asyncio.create_task(pool.parse(mail(str(n)))) for n in range(3)]
    await asyncio.sleep(0)
    await pool.close()
    assert all(isinstance(answer, ParsedMail) for answer in await asyncio.gather(*reading))
