"""Walks every named crash point: each service is killed in each of its gaps, under load, and started again.

Invariant: a point counts as walked only when its process ended by SIGKILL while that point alone was armed.
"""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import Steps
from deploy.local.home import ROOT
from deploy.local.replicas import MODULES
from tests.chaos.checker.report import Verdict
from tests.chaos.checker.seen import Finding
from tests.chaos.checker.topics import lag_of
from tests.chaos.desk import ONE_OF_EACH, Member
from tests.chaos.servers import NotReadyError, until
from tests.chaos.session import Session, session

#: A point is passed within so long once its service is ready.
PATIENCE_SECONDS = 120.0
POISON_SECONDS = 3.0
#: Hundreds of clients have waited for the one gateway that died again and again, and its caps let them in by and by.
FINISH_SECONDS = 240.0
_POINT = re.compile(r'crashpoint\(f?"([^"]+)"\)')
#: Whose gap a point is in, by its beginning; a relay runs in every service, a consumer is named after its service.
_OWNERS = {"door": ("intake",), "gateway": ("gateway",), "sender": ("notifier",), "relay": tuple(MODULES)}
#: The shortest that services take: each consumer that dies is missed for so long.
FAST_FAIL_OVER = {"KAFKA_SESSION_TIMEOUT_MS": "6000"}

Passage = tuple[str, str, int]


@dataclass(frozen=True)
class Walk:
    """What is asked of a walk; `times` are the passages of each point at which its process dies."""

    home: Path
    seed: int
    rate: float
    times: Sequence[int] = (1,)


@dataclass(frozen=True)
class Walked:
    """What came of a walk: service, point and passage of those that were planned, and of those that were passed."""

    planned: set[Passage]
    passed: set[Passage]
    verdict: Verdict

    @property
    def is_clean(self) -> bool:
        return self.passed == self.planned and self.verdict.is_clean


async def walk_a_desk(asked: Walk, steps: Steps) -> Walked:
    """A desk's services died in each of their gaps under load; then all was healed, drained and judged.

    Raises:
        NotReadyError: a point was not passed in time.
        ValueError: a point is in nobody's gap.
    """
    async with session(
        asked.home, steps, seed=asked.seed, rate=asked.rate, replicas=ONE_OF_EACH, **FAST_FAIL_OVER
    ) as now:
        plan = plan_walk(named_points(), sorted(await lag_of(now.desk.bootstrap)))
        planned = {(service, point, nth) for service in plan for point in plan[service] for nth in asked.times}
        passed = await now.under_load(walk(now, plan, asked.times))
        left = await now.calm(FINISH_SECONDS)
        verdict, _ = await now.verdict()
    waits = [Finding("leftovers", name, "still there after the walk") for name in left]
    return Walked(planned, passed, Verdict([*verdict.findings, *waits], verdict.facts))


def named_points(root: Path = ROOT) -> set[str]:
    """Every point's name in the source; a consumer's own name stands in braces."""
    files: Iterator[Path] = (path for folder in ("services", "shared") for path in (root / folder).rglob("*.py"))
    return {name for path in files for name in _POINT.findall(path.read_text())}


def plan_walk(names: Iterable[str], consumers: Iterable[str]) -> dict[str, list[str]]:
    """The points of each service, in the order of their names.

    Args:
        names: as `named_points` gives them.
        consumers: that are registered; each is called as its service.

    Raises:
        ValueError: a point is in nobody's gap.
    """
    plan: dict[str, list[str]] = {service: [] for service in MODULES}
    for name in names:
        family = name.partition(".")[0]
        if family == "consumer":
            for consumer in consumers:
                plan[consumer].append(re.sub(r"\{[^}]*\}", consumer, name))
        elif family in _OWNERS:
            for service in _OWNERS[family]:
                plan[service].append(name)
        else:
            raise ValueError(f"{name} is in nobody's gap")
    return {service: sorted(points) for service, points in plan.items()}


async def walk(now: Session, plan: dict[str, list[str]], times: Iterable[int] = (1,)) -> set[Passage]:
    """Every point of the plan was passed and killed its process, which then went on; returns what was walked.

    Args:
        now: a desk with one replica of each service, under load.
        plan: the points of each service.
        times: at which passage it dies.

    Raises:
        NotReadyError: a point was not passed in time.
    """
    numbers = list(times)
    async with _poison(now):
        chains = [_chain(now, now.desk.of(service)[0], points, numbers) for service, points in plan.items()]
        found = await asyncio.gather(*chains)
    return {each for walked in found for each in walked}


async def _chain(now: Session, member: Member, points: list[str], numbers: list[int]) -> list[Passage]:
    """One service from point to point: each crash's restart is armed with the next."""
    walked = []
    member.expected = False
    member.signal(signal.SIGTERM)
    await member.gone()
    for point in points:
        for number in numbers:
            member.start(CRASH_AT=f"{point}:{number}")
            member.expected = False
            try:
                await until(lambda: not member.is_alive, f"{member.label} at {point}:{number}", PATIENCE_SECONDS)
            finally:
                now.steps.say(f"{member.label} at {point}:{number}: {_ending(member)}")
            died_at = time.time()
            if member.server is None or member.server.process.returncode != -signal.SIGKILL:
                raise NotReadyError(f"{member.label} did not die at {point}:{number}: {_ending(member)}")
            now.faults.note("crash-point", member.label, died_at, had_effect=True)
            walked.append((member.replica.service, point, number))
    member.start()
    return walked


def _ending(member: Member) -> str:
    code = member.server.process.poll() if member.server else None
    return "still runs" if code is None else f"ended with {code}"


@asynccontextmanager
async def _poison(now: Session) -> AsyncIterator[None]:
    """A bad record now and then: the gateway's relay has only dead letters to publish."""

    async def put() -> None:
        while True:
            await now.faults.put_poison("tickets-events")
            await asyncio.sleep(POISON_SECONDS)

    putting = asyncio.create_task(put(), name="who puts poison in")
    try:
        yield
    finally:
        await now.load.end(putting)
