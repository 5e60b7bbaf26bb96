"""SMTP in to mail out through a whole desk: the highest rate that it keeps up with, and what a mail costs whom.

Mails come at a rate that does not bend; each has a sender of its own and is answered by an acknowledgement (an answer
in a thread: by the mail to the colleague who follows it). A rate holds when every mail is taken and answered, and 99
of 100 within a second of the moment at which they were due. Servers, sink and load run on the same processors.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvloop

from tests.bench.desk import BenchDesk, bench_desk
from tests.bench.mails import Mail, reply, request, thread
from tests.bench.pace import Play, play
from tests.bench.steps import Search

Json = dict[str, Any]
LIMIT_SECONDS = 1.0
TRY_SECONDS = 8.0
CONFIRM_SECONDS = 15.0
FIRST_RATE = 16.0
#: What is confirmed for longer is a little less than what held for a few seconds, until it holds.
STEP_BACK = 0.8
THREADS = 240
THREADS_RATE = 10.0

Make = Callable[[int, int], list[Mail]]


def measure_whole_path(folder: Path) -> Json:
    """The three kinds of mail, one after another, on one desk."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(folder))


async def _measure(folder: Path) -> Json:
    async with bench_desk(folder) as desk:
        text = await highest(desk, "text", lambda turn, count: requests(desk, "text", turn, count), FIRST_RATE)
        first = max(4.0, text["mails_per_second"] * 0.45)
        html = await highest(desk, "html", lambda turn, count: requests(desk, "html", turn, count), first)
        begun = await threads(desk)
        replies = await highest(desk, "reply", lambda turn, count: answers_in(begun, turn, count), first)
    return {
        "mails_per_second": text["mails_per_second"],
        "html_mails_per_second": html["mails_per_second"],
        "replies_per_second": replies["mails_per_second"],
        "cpu_seconds_per_thousand_mails": {
            name: found.get("cpu_seconds_per_thousand_mails", {})
            for name, found in (("text 2 kB", text), ("html 50 kB", html), ("replies", replies))
        },
        "text_2_kb": text,
        "html_50_kb": html,
        "replies": replies,
        "sink": {
            "doubled": desk.answers.doubled,
            "of_these_under_the_same_message_id": desk.answers.same_again,
            "unasked": desk.answers.unasked,
            "early": desk.answers.early,
        },
        "method": (
            f"a desk of its own, one process a service, {os.cpu_count()} processors for all, sink and load among them;"
            f" evenly spaced mails, waits from the moment due; a rate holds with p99 under {LIMIT_SECONDS:g} s over"
            f" {TRY_SECONDS:g} s, and is confirmed over {CONFIRM_SECONDS:g} s, in which the costs are measured"
        ),
    }


def requests(desk: BenchDesk, kind: str, turn: int, count: int) -> list[Mail]:
    """Mails that begin tickets."""
    return [request(kind, f"bench-{kind}{turn}-{number}", desk.mailbox, number) for number in range(count)]


async def threads(desk: BenchDesk) -> list[tuple[Mail, str]]:
    """Threads that the desk has acknowledged: the mail that began each, and the acknowledgement's Message-ID."""
    begun = [thread(f"bench-thread-{number}", desk.mailbox, number) for number in range(THREADS)]
    done = await play(begun, THREADS_RATE, desk.connections, desk.answers)
    ids = desk.answers.message_ids(done.names)
    if len(ids) != len(begun):
        raise RuntimeError(f"threads were not begun: {done.told()}")
    return [(mail, ids[mail.name]) for mail in begun]


def answers_in(begun: Sequence[tuple[Mail, str]], turn: int, count: int) -> list[Mail]:
    """Answers of the customers, each in his own thread."""
    places = [begun[number % len(begun)] for number in range(count)]
    return [reply(f"bench-reply{turn}-{number}", mail, ack) for number, (mail, ack) in enumerate(places)]


async def highest(desk: BenchDesk, kind: str, make: Make, first: float) -> Json:
    """The highest rate of one kind of mail, with waits and costs at it."""
    search, steps = Search(first), list[Json]()

    async def attempt(rate: float, seconds: float) -> Play:
        done = await play(make(len(steps), int(rate * seconds)), rate, desk.connections, desk.answers)
        steps.append({**done.told(), "held": done.holds(LIMIT_SECONDS)})
        sys.stderr.write(f"  {kind} {steps[-1]}\n")
        return done

    while (rate := search.next()) is not None:
        done = await attempt(rate, TRY_SECONDS)
        search.tell(rate, held=done.holds(LIMIT_SECONDS))
    rate = search.held or search.lowest
    while rate >= search.lowest:
        meter = desk.meter()
        done = await attempt(rate, CONFIRM_SECONDS)
        if done.holds(LIMIT_SECONDS):
            cost = {name: round(1000 * spent / len(done.names), 2) for name, spent in meter.spent().items()}
            total = round(sum(cost.values()), 1)
            return {**done.told(), "cpu_seconds_per_thousand_mails": {**cost, "total": total}, "steps": steps}
        rate *= STEP_BACK
    return {"mails_per_second": 0.0, "steps": steps}
