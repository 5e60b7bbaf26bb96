"""Load at a rate that does not bend: a mail is due when its moment comes, whether or not those before it are answered.

Waits count from the moment at which a mail was due, so that a desk that is slow to take mails is not flattered.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.answers import Answers
from tests.bench.mails import Mail
from tests.bench.smtp_client import Connections, RefusedError
from tests.bench.waits import in_milliseconds, percentile, with_lost

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
    began, tasks = time.monotonic(), set[asyncio.Task[None]]()
    for number, mail in enumerate(mails):
        due_at = began + number / rate
        await asyncio.sleep(due_at - time.monotonic())
        if answers.open > most_open:
            done.cut_short = True
            break
        answers.expect(mail.name, mail.answer_to, due_at, must_quote=mail.must_quote)
        done.names.append(mail.name)
        task = asyncio.create_task(_send(mail, connections, answers, done))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    done.drained = await answers.all_arrived(DRAIN_SECONDS)
    done.waits = answers.waits(done.names)
    return done


async def _send(mail: Mail, connections: Connections, answers: Answers, done: Play) -> None:
    try:
        await connections.send(mail.sender, mail.recipient, mail.raw)
    except (RefusedError, OSError):  # a door that does not answer at all, too: TimeoutError is an OSError
        done.refused += 1
        answers.forget(mail.name, mail.answer_to)
