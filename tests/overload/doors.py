"""The parts that happen at the doors of a running desk: poison, floods, connections; then the evidence is judged."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from deploy.local.console import Steps
from tests.chaos.checker.seen import Finding
from tests.chaos.session import Session, session
from tests.overload import connections, flood, flooding, outages, poison
from tests.overload.report import Part
from tests.overload.size import Size

ONE_OF_EACH = "intake=1,tickets=1,automation=1,notifier=1,gateway=1"
OTHERS_A_SECOND = 8.0
#: Turns so long that others try each door often enough alone and beside the flood: forms are the fewest.
TURN_SECONDS = 20.0
SHORTEST_SECONDS = 12.0


async def poisoned(size: Size, steps: Steps) -> list[Part]:
    """One bad record on each topic, a deploy that stumbles, a hundred bad records in a row."""
    part = Part("poison")
    async with desk(size, steps, part) as now:
        with steps.step("one bad record on each topic"):
            await poison.one_of_each(now, part)
        with steps.step("a deploy that stumbles, mended, and its dead letters sent back"):
            await poison.stumbling_deploy(now, part)
        with steps.step("a hundred bad records in a row"):
            await poison.hundred_in_a_row(now, part)
    return [part]


async def flooded(size: Size, steps: Steps) -> list[Part]:
    """One sender and one client of a form flood the doors, in turns with the others alone."""
    part = Part("flood")
    # The flood's own sender is over the caps of automatic mail: nobody owes it an acknowledgement for each.
    async with desk(size, steps, part, spared=lambda each: is_owed_nothing(each, flooding.SENDER)) as now:
        with steps.step(f"{size.turns} turns of {TURN_SECONDS:g} s alone, as many beside the flood"):
            await flood.flood(now, part, turns=size.turns, turn_seconds=TURN_SECONDS)
    return [part]


async def connected(size: Size, steps: Steps) -> list[Part]:
    """Connections that are held open, then mails of 25 MB, one after another and many at once."""
    part = Part("connections")
    async with desk(size, steps, part) as now:
        with steps.step(f"{connections.HELD} connections held open"):
            await connections.held_connections(now, part)
        with steps.step("mails of 25 MB"):
            await connections.large_mail(now, part)
            await connections.many_large_mails(now, part)
    return [part]


async def servers_away(size: Size, steps: Steps) -> list[Part]:
    """Broker, database and both away, gone for the whole time and silent for a tenth of it; a desk for all."""
    part = Part("outages")
    async with desk(size, steps, part) as now:
        for away in ("broker", "database", "both"):
            for silent in (True, False):
                which = outages.Outage(away, silent)
                seconds = max(SHORTEST_SECONDS, size.minutes * 60 / (10 if silent else 1))
                with steps.step(f"{which.name} for {seconds:g} s"):
                    await outages.outage(now, part, which, seconds)
    return [part]


@asynccontextmanager
async def desk(
    size: Size, steps: Steps, part: Part, spared: Callable[[Finding], bool] = lambda _: False
) -> AsyncIterator[Session]:
    """A desk with one replica of each service; after the block it comes to rest, and the evidence is judged.

    Args:
        size: of the run.
        steps: progress.
        part: what is found is broken there.
        spared: findings that do not fit this part, for a reason that stands where it is named.
    """
    home = size.home / part.name
    async with session(home, steps, seed=5, rate=OTHERS_A_SECOND, replicas=ONE_OF_EACH) as now:
        yield now
        left = await now.calm()
        verdict, _ = await now.verdict()
        part.broken += [f"left: {each}" for each in left]
        findings = [each for each in verdict.findings if not spared(each)]
        part.broken += [f"{each.check}: {each.subject}: {each.detail}" for each in findings][:20]
        part.figures["evidence"] = {**verdict.facts, "findings": len(findings)}


def is_owed_nothing(finding: Finding, address: str) -> bool:
    """Whether all that is wrong is that a mail to this address is missing."""
    return finding.check == "notifications_missing" and address in re.split(r"[\s:]+", finding.detail)
