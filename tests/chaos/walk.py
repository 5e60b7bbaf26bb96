"""Walks every named crash point: each service is killed in each of its gaps, under load, and started again.

Invariant: a point counts as walked only when its process ended by SIGKILL while that point alone was armed. What is to
be walked is read from the source and from the services' own wiring, never from what happens to run.
"""

import asyncio
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.console import Steps
from deploy.local.home import ROOT
from deploy.local.replicas import MODULES
from shared.messaging.host import Host
from tests.chaos.checker.report import Verdict
from tests.chaos.checker.seen import Finding
from tests.chaos.desk import ONE_OF_EACH, Member
from tests.chaos.session import Session, session

#: A point is passed within so long once its service is ready.
PATIENCE_SECONDS = 120.0
POISON_SECONDS = 3.0
#: Hundreds of clients have waited for the one gateway that died again and again, and its caps let them in by and by.
FINISH_SECONDS = 240.0
#: So many of the first mails are too large for a record: one every few seconds, as they have a point of their own.
LARGE_SHARE = 0.2
_POINT = re.compile(r'crashpoint\(f?"([^"]+)"\)')
#: Whose gap a point is in, by its beginning; a relay runs in every service, a consumer where it is registered.
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
        NotReadyError: the desk did not begin to run.
        ValueError: a point is in nobody's gap.
    """
    async with session(
        asked.home, steps, seed=asked.seed, rate=asked.rate, replicas=ONE_OF_EACH, **FAST_FAIL_OVER
    ) as now:
        plan = plan_walk(named_points(), await registered_consumers())
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


def points_of_a_desk(names: Iterable[str]) -> int:
    """How many are to be walked: each service has a consumer and a relay, the rest is one service's alone."""
    each = Counter(name.partition(".")[0] for name in names)
    in_every_service = each["consumer"] + each["relay"]
    return len(MODULES) * in_every_service + each.total() - in_every_service


async def registered_consumers() -> dict[str, list[str]]:
    """The consumers that each service registers, by its own wiring."""
    with TemporaryDirectory() as folder:
        return {service: [spec.name for spec in (await _built(service, Path(folder))).specs] for service in MODULES}


async def _built(service: str, folder: Path) -> Host:
    """A service put together, not started; its servers need not be there."""
    module = MODULES[service]
    kinds = vars(import_module(f"{module}.settings")).values()
    kind = next(k for k in kinds if isinstance(k, type) and k.__module__ == f"{module}.settings")
    secret = folder / "secret"
    secret.write_text("ab" * 32)
    settings = kind(
        kafka_bootstrap_servers="127.0.0.1:1",
        database_url="postgresql://nobody:nothing@127.0.0.1:1/none",
        blob_url=folder.as_uri(),
        public_url="http://127.0.0.1",
        secret_file=secret,
        mail_domain="desk.example",
        tickets_admin_address="admin@desk.example",
        smtp_url="smtp://127.0.0.1:1",
        health_port=0,
        replica=f"{service}-1",
    )
    host: Host = await import_module(f"{module}.app").build(settings)
    return host


def plan_walk(names: Iterable[str], consumers: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The points of each service, in the order of their names.

    Args:
        names: as `named_points` gives them.
        consumers: that each service registers.

    Raises:
        KeyError: a consumer is registered by what is no service.
        ValueError: a point is in nobody's gap.
    """
    plan: dict[str, list[str]] = {service: [] for service in MODULES}
    for name in names:
        family = name.partition(".")[0]
        if family == "consumer":
            for service, registered in consumers.items():
                plan[service] += [re.sub(r"\{[^}]*\}", consumer, name) for consumer in registered]
        elif family in _OWNERS:
            for service in _OWNERS[family]:
                plan[service].append(name)
        else:
            raise ValueError(f"{name} is in nobody's gap")
    return {service: sorted(points) for service, points in plan.items()}


async def walk(now: Session, plan: dict[str, list[str]], times: Iterable[int] = (1,)) -> set[Passage]:
    """Every service went its points and died at each; returns the passages that were walked.

    Args:
        now: a desk with one replica of each service, under load.
        plan: the points of each service.
        times: at which passage it dies.
    """
    numbers = list(times)
    now.load.large_share = LARGE_SHARE

    def died(label: str, at: float) -> None:
        now.faults.note("crash-point", label, at, had_effect=True)

    async with _poison(now):
        ways = [
            chain(now.desk.of(service)[0], points, numbers, now.steps.say, died) for service, points in plan.items()
        ]
        found = await asyncio.gather(*ways)
    return {each for walked in found for each in walked}


async def chain(
    member: Member,
    points: Iterable[str],
    numbers: Sequence[int],
    say: Callable[[str], None],
    died: Callable[[str, float], None],
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> list[Passage]:
    """One service from point to point: each crash's restart is armed with the next.

    Its way ends where it does not die as asked: that passage and those behind it are missing in what is returned.
    `died` hears of each death that was asked for, and when.
    """
    walked: list[Passage] = []
    member.expected = False
    member.signal(signal.SIGTERM)
    await member.gone()
    for point, number in [(point, number) for point in points for number in numbers]:
        member.start(CRASH_AT=f"{point}:{number}")
        member.expected = False
        has_ended = await member.gone(patience_seconds)
        died_at = time.time()
        say(f"{member.label} at {point}:{number}: {_ending(member)}")
        if not has_ended or member.server is None or member.server.process.returncode != -signal.SIGKILL:
            member.kill()
            await member.gone()
            break
        died(member.label, died_at)
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
