"""Load at a rate that does not bend: a mail is due when its moment comes, whether or not those before it are answered.

Waits count from the moment at which a mail was due, so that a desk that is slow to take mails is not flattered.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.answers import Answers
from tests.bench.mails import Mail
from tests.bench.smtp_client import Connections, RefusedError
from tests.bench.waits import LOST, in_milliseconds, percentile, with_lost

#: So many seconds of load unanswered, and the try is over: no rate that a desk keeps up with gets there.
HOPELESS_SECONDS = 4.0
FEWEST_UNANSWERED = 40
DRAIN_SECONDS = 90.0


@dataclass
class Play:
    """One try at a rate.

    Attributes:
        names: of the mails that were sent, refused ones among them.
        refused: those that the door did not take: it said no, went away, or did not answer in time.
        cut_short: so much was unanswered that it was broken off.
        drained: all that was taken was answered in the end.
        waits: of the mails that were answered, in seconds.
    """

    rate: float
    names: list[str] = field(default_factory=list)
    refused: int = 0
    cut_short: bool = False
    drained: bool = True
    waits: list[float] = field(default_factory=list)

    def holds(self, limit_seconds: float) -> bool:
        """Whether every mail was taken and answered, 99 of 100 within the limit."""
        whole = self.drained and not self.cut_short and not self.refused and len(self.waits) == len(self.names)
        return whole and bool(self.waits) and percentile(self.waits, 0.99) < limit_seconds

    def told(self) -> dict[str, Any]:
        """As figures; what was not answered has waited longer than all that was."""
        told: dict[str, Any] = {"mails_per_second": round(self.rate, 1), "mails": len(self.names)}
        unanswered = len(self.names) - len(self.waits)
        if self.names:
            waits = in_milliseconds(with_lost(self.waits, len(self.names)))
            told |= {name: ms for name, ms in waits.items() if name not in {"count", "lost"}}
        more = {"refused": self.refused, "cut_short": self.cut_short, "unanswered": unanswered}
        return told | {name: value for name, value in more.items() if value}


async def play(mails: Sequence[Mail], rate: float, connections: Connections, answers: Answers) -> Play:
    """The mails go out, so many a second; returns when all are answered, or are not going to be."""
    done = Play(rate)
    most_open = max(FEWEST_UNANSWERED, rate * HOPELESS_SECONDS)

    def is_hopeless() -> bool:
        done.cut_short = answers.open > most_open
        return done.cut_short

    async def send(mail: Mail, due_at: float) -> None:
        answers.expect(mail.name, mail.answer_to, due_at, must_quote=mail.must_quote)
        done.names.append(mail.name)
        if not await _taken(mail, connections):
            done.refused += 1
            answers.forget(mail.name, mail.answer_to)

    await each_when_due(mails, rate, send, is_hopeless)
    done.drained = await answers.all_arrived(DRAIN_SECONDS)
    done.waits = answers.waits(done.names)
    return done


async def hand_over(mails: Sequence[Mail], rate: float, connections: Connections) -> list[float]:
    """The mails go out, so many a second, whatever becomes of them behind the door.

    Returns:
        Seconds that each waited for the door's 250, from the moment at which it was due; `LOST` where it did not come.
    """
    waits = list[float]()

    async def send(mail: Mail, due_at: float) -> None:
        taken = await _taken(mail, connections)
        waits.append(time.monotonic() - due_at if taken else LOST)

    await each_when_due(mails, rate, send, lambda: False)
    return waits


async def each_when_due(
    mails: Sequence[Mail],
    rate: float,
    send: Callable[[Mail, float], Coroutine[Any, Any, None]],
    is_over: Callable[[], bool],
) -> None:
    """Each mail is sent when it is due, whether or not those before it are; returns when none is on its way.

    Args:
        mails: evenly spaced, the first one now.
        rate: so many a second.
        send: one mail, which was due at that moment of the monotonic clock.
        is_over: asked before each mail; no more are sent.
    """
    began = time.monotonic()
    async with asyncio.TaskGroup() as under_way:
        for number, mail in enumerate(mails):
            due_at = began + number / rate
            await asyncio.sleep(due_at - time.monotonic())
            if is_over():
                break
            under_way.create_task(send(mail, due_at))


async def _taken(mail: Mail, connections: Connections) -> bool:
    try:
        await connections.send(mail.sender, mail.recipient, mail.raw)
    except (RefusedError, OSError):  # a door that does not answer at all, too: TimeoutError is an OSError
        return False
    return True
