"""The checker's teeth: a run with a bug in it, and just the mishap that the bug cannot stand, must be judged red.

Its control: the same mishap without the bug must be judged clean. Either is judged once nothing moves any more.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import Steps
from deploy.local.home import ROOT
from tests.chaos.checker.gather import HISTORY
from tests.chaos.checker.report import Verdict
from tests.chaos.checker.seen import Finding
from tests.chaos.desk import ONE_OF_EACH, Member
from tests.chaos.history import Kind, read_history
from tests.chaos.proxy import BlackHole, Delay, Pass, Swallow, ends_data
from tests.chaos.servers import until
from tests.chaos.session import Session, session
from tests.chaos.walk import FAST_FAIL_OVER

RATE, SEED = 6.0, 1
PATIENCE_SECONDS = 60.0
GIVE_SECONDS = 0.2
AFTER_SECONDS = 2.0
FINISH_SECONDS, QUIET_SECONDS = 40.0, 30.0
#: A mishap begins once so many customers have heard from the desk.
HEARD = 5
#: A mishap at the door lasts until so many mails were answered meanwhile, or lost their answers.
MAILS = 8


@dataclass(frozen=True)
class Mishap:
    """What happens under load, to a desk of so many replicas; nothing more where load alone shows a bug."""

    happen: Callable[[Session], Awaitable[None]]
    replicas: str = ONE_OF_EACH


@dataclass(frozen=True)
class Bug:
    """One bug's trial.

    Attributes:
        red: findings that its run must have, at least one of them.
        mishap: by its name, what the bug cannot stand.
    """

    red: frozenset[str]
    mishap: str


def dies_at(service: str, point: str, *kinds: Kind, times: int = 1) -> Callable[[Session], Awaitable[None]]:
    """A service is killed in a gap and started again.

    Args:
        service: of which there is one process.
        point: the gap.
        kinds: inputs that come meanwhile, so that the batch in hand holds what the bug cannot stand.
        times: how often; what one batch holds is chance.
    """

    async def mishap(now: Session) -> None:
        member = now.desk.of(service)[0]
        for _ in range(times):
            await _stopped(member)
            member.start(CRASH_AT=point)
            member.expected = False
            giving = asyncio.create_task(_give(now, kinds), name="who gives meanwhile")
            try:
                await until(lambda: not member.is_alive, f"{member.label} to die at {point}", PATIENCE_SECONDS)
            finally:
                await now.load.end(giving)
            member.start()

    return mishap


async def _give(now: Session, kinds: Sequence[Kind]) -> None:
    while kinds:
        for kind in kinds:
            now.load.give(kind)
        await asyncio.sleep(GIVE_SECONDS)


async def load_alone(now: Session) -> None:
    """Followers and their messages, notes and answers, as load brings them."""
    for kind in (Kind.FOLLOW, Kind.AGENT_REPLY, Kind.NOTE) * 3:
        now.load.give(kind)
        await asyncio.sleep(0.5)


async def slow_commits(now: Session) -> None:
    """One of two writers takes long between writing what it says and its commit."""
    link = now.desk.of("tickets")[0].links["postgres"]
    await link.behave(Delay(0.06))
    await asyncio.sleep(12)
    await link.behave(Pass())


async def killed_with_a_full_buffer(now: Session) -> None:
    """A door's broker is silent while mails come and are answered, yes or later, then the door is killed."""
    member = now.desk.of("intake")[0]
    broker, door = member.links["kafka"], member.links["door"].name
    since = time.time()
    await broker.behave(BlackHole())

    def answered() -> bool:
        tries = [each for given in read_history(now.desk.home / "evidence" / HISTORY).values() for each in given.tries]
        meanwhile = [each for each in tries if each.link == door and each.begun_at > since and each.code is not None]
        return broker.held > 0 and len(meanwhile) >= MAILS

    await until(answered, f"{MAILS} mails answered while the broker is silent", PATIENCE_SECONDS)
    member.kill()
    await member.gone()
    await broker.behave(Pass())
    member.start()


async def lost_answers_of_the_door(now: Session) -> None:
    """Mails are taken and their senders do not learn it."""
    link = now.desk.of("intake")[0].links["door"]
    await link.behave(Swallow(ends_data))
    await until(lambda: link.swallowed >= MAILS, f"{MAILS} answers swallowed", PATIENCE_SECONDS)
    await link.behave(Pass())


async def _stopped(member: Member) -> None:
    member.expected = False
    member.signal(signal.SIGTERM)
    await member.gone()


MISHAPS: dict[str, Mishap] = {
    "load_alone": Mishap(load_alone),
    "slow_commits": Mishap(slow_commits, ONE_OF_EACH.replace("tickets=1", "tickets=2")),
    "killed_with_a_full_buffer": Mishap(killed_with_a_full_buffer),
    "lost_answers_of_the_door": Mishap(lost_answers_of_the_door),
    "tickets_die_before_a_commit": Mishap(dies_at("tickets", "consumer.tickets.before_commit:3", Kind.MAIL, times=3)),
    "tickets_die_after_a_commit": Mishap(
        dies_at("tickets", "consumer.tickets.after_commit:3", Kind.CREATE, Kind.AGENT_REPLY, times=3)
    ),
    "automation_dies_after_a_commit": Mishap(dies_at("automation", "consumer.automation.after_commit:3")),
    "notifier_dies_before_a_mail": Mishap(dies_at("notifier", "sender.before_data:3")),
}

BUGS: dict[str, Bug] = {
    "offsets_before_commit": Bug(frozenset({"lost"}), "tickets_die_before_a_commit"),
    "no_inbox": Bug(frozenset({"answer_faults", "doubled"}), "tickets_die_after_a_commit"),
    "relay_with_a_cursor": Bug(frozenset({"leftovers", "order_faults"}), "slow_commits"),
    "marked_before_sent": Bug(frozenset({"notifications_missing"}), "notifier_dies_before_a_mail"),
    "unawaited_produce": Bug(frozenset({"lost"}), "killed_with_a_full_buffer"),
    "random_message_id": Bug(frozenset({"notifications_missing", "two_message_ids"}), "load_alone"),
    "follower_left_out": Bug(frozenset({"notifications_missing"}), "load_alone"),
    "lease_without_expiry": Bug(frozenset({"notifications_missing", "leftovers"}), "notifier_dies_before_a_mail"),
    "note_to_customers": Bug(frozenset({"private_leaks"}), "load_alone"),
    "every_copy_is_new": Bug(frozenset({"doubled"}), "lost_answers_of_the_door"),
    "effects_without_a_key": Bug(frozenset({"rule_effect_faults"}), "automation_dies_after_a_commit"),
}


async def bite(name: str, home: Path, steps: Steps) -> Verdict:
    """The verdict on a desk with this bug in all its services, after load and the bug's mishap."""
    environment = {"PYTHONPATH": f"{Path(__file__).parent / 'bugs'}:{ROOT}", "CHAOS_BUG": name}
    return await after(MISHAPS[BUGS[name].mishap], home, steps, **environment)


async def after(mishap: Mishap, home: Path, steps: Steps, **environment: str) -> Verdict:
    """The verdict on a desk after load and a mishap; `environment` is told to all its services."""
    told = {**FAST_FAIL_OVER, **environment}
    async with session(home, steps, seed=SEED, rate=RATE, replicas=mishap.replicas, **told) as now:
        await now.under_load(_happens(now, mishap))
        left = await at_rest(lambda: now.calm(FINISH_SECONDS, QUIET_SECONDS))
        verdict, _ = await now.verdict()
    waits = [Finding("leftovers", name, "it waits, and nothing moves") for name in left]
    return Verdict([*verdict.findings, *waits], verdict.facts)


async def at_rest(calm: Callable[[], Awaitable[list[str]]]) -> list[str]:
    """What is left once nothing is, or once the same is left as before: a desk that is slow still moves."""
    before, left = None, await calm()
    while left and left != before:
        before, left = left, await calm()
    return left


async def _happens(now: Session, mishap: Mishap) -> None:
    """The mishap, once there is something that it can happen to."""

    def heard() -> int:
        return sum(thread.number is not None for thread in now.load.threads.by_address.values())

    await until(lambda: heard() >= HEARD, f"{HEARD} customers who heard from the desk", PATIENCE_SECONDS)
    await mishap.happen(now)
    await asyncio.sleep(AFTER_SECONDS)
