"""SMTP in to mail out through a whole desk: the highest rate that it keeps up with, and what a mail costs whom.

Mails come at a rate that does not bend; each is answered by an acknowledgement (an answer in a thread: by the mail to
the colleague who follows it). Those of one try each have a sender of their own, and replies a thread, begun before the
clock starts. A rate holds when every mail is taken and answered, and 99 of 100 within a second of the moment at which
they were due. Servers, sink and load run on the same processors.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop

from tests.bench.desk import BenchDesk, bench_desk
from tests.bench.mails import Mail, request
from tests.bench.pace import Play, play
from tests.bench.steps import Search
from tests.bench.threads import Threads

Json = dict[str, Any]
LIMIT_SECONDS = 1.0
TRY_SECONDS = 8.0
CONFIRM_SECONDS = 15.0
FIRST_RATE = 16.0
#: What is confirmed for longer is a little less than what held for a few seconds, until it holds.
STEP_BACK = 0.8

Make = Callable[[int, int], Awaitable[list[Mail]]]


def measure_whole_path(folder: Path) -> Json:
    """The three kinds of mail, one after another, on one desk."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(folder))


async def _measure(folder: Path) -> Json:
    async with bench_desk(folder) as desk:
        text = await highest(desk, "text", requests(desk, "text"), FIRST_RATE)
        first = max(4.0, text["mails_per_second"] * 0.45)
        html = await highest(desk, "html", requests(desk, "html"), first)
        threads = threads_of(desk, first)
        replies = await highest(desk, "reply", threads.replies, first) | threads.told()
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
            f" {TRY_SECONDS:g} s, and is confirmed over {CONFIRM_SECONDS:g} s, in which the costs are measured; each"
            " mail of a try by a sender of its own, each reply of a try in a thread of its own, begun before:"
            f" {replies['threads']} threads, {replies['most_replies_in_a_thread']} replies in one at most in all tries"
        ),
    }


def requests(desk: BenchDesk, kind: str) -> Make:
    """Makes mails that begin tickets, each by a sender of its own."""

    async def make(turn: int, count: int) -> list[Mail]:
        return [request(kind, f"bench-{kind}{turn}-{number}", desk.mailbox, number) for number in range(count)]

    return make


def threads_of(desk: BenchDesk, rate: float) -> Threads:
    """Threads on this desk, begun at a rate that it keeps up with."""

    async def begin(mails: Sequence[Mail]) -> Mapping[str, str]:
        done = await play(mails, rate, desk.connections, desk.answers)
        sys.stderr.write(f"  threads {done.told()}\n")
        return desk.answers.message_ids(done.names)

    return Threads(desk.mailbox, begin)


async def highest(desk: BenchDesk, kind: str, make: Make, first: float) -> Json:
    """The highest rate of one kind of mail, with waits and costs at it."""
    search, steps = Search(first), list[Json]()

    async def attempt(rate: float, mails: Sequence[Mail]) -> Play:
        done = await play(mails, rate, desk.connections, desk.answers)
        steps.append({**done.told(), "held": done.holds(LIMIT_SECONDS)})
        sys.stderr.write(f"  {kind} {steps[-1]}\n")
        return done

    while (rate := search.next()) is not None:
        done = await attempt(rate, await make(len(steps), int(rate * TRY_SECONDS)))
        search.tell(rate, held=done.holds(LIMIT_SECONDS))
    rate = search.held or search.lowest
    while rate >= search.lowest:
        mails = await make(len(steps), int(rate * CONFIRM_SECONDS))
        meter = desk.meter()
        done = await attempt(rate, mails)
        if done.holds(LIMIT_SECONDS):
            cost = {name: round(1000 * spent / len(done.names), 2) for name, spent in meter.spent().items()}
            total = round(sum(cost.values()), 1)
            return {**done.told(), "cpu_seconds_per_thousand_mails": {**cost, "total": total}, "steps": steps}
        rate *= STEP_BACK
    return {"mails_per_second": 0.0, "steps": steps}
