"""The checker's teeth: a run with a bug in it, and just the mishap that the bug cannot stand, must be judged red."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import Steps
from deploy.local.home import ROOT
from tests.chaos.checker.report import Verdict
from tests.chaos.desk import ONE_OF_EACH, Member
from tests.chaos.history import Kind
from tests.chaos.proxy import BlackHole, Delay, Pass, Swallow, ends_data
from tests.chaos.servers import until
from tests.chaos.session import Session, session

RATE = 6.0
DIES_SECONDS = 60.0
GIVE_SECONDS = 0.2
WARM_SECONDS, AFTER_SECONDS = 5.0, 2.0
FINISH_SECONDS, QUIET_SECONDS = 40.0, 30.0


@dataclass(frozen=True)
class Bug:
    """One bug's trial.

    Attributes:
        red: findings that its run must have, at least one of them.
        mishap: what happens under load; nothing more where load alone shows the bug.
    """

    red: frozenset[str]
    mishap: Callable[[Session], Awaitable[None]]
    replicas: str = ONE_OF_EACH


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
                await until(lambda: not member.is_alive, f"{member.label} to die at {point}", DIES_SECONDS)
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
    """A door's broker is silent while mails come, then the door is killed."""
    member = now.desk.of("intake")[0]
    await member.links["kafka"].behave(BlackHole())
    await asyncio.sleep(3)
    member.kill()
    await member.gone()
    await member.links["kafka"].behave(Pass())
    member.start()


async def lost_answers_of_the_door(now: Session) -> None:
    """Mails are taken and their senders do not learn it."""
    link = now.desk.of("intake")[0].links["door"]
    await link.behave(Swallow(ends_data))
    await asyncio.sleep(5)
    await link.behave(Pass())


async def _stopped(member: Member) -> None:
    member.expected = False
    member.signal(signal.SIGTERM)
    await member.gone()


BUGS: dict[str, Bug] = {
    "offsets_before_commit": Bug(
        frozenset({"lost"}), dies_at("tickets", "consumer.tickets.before_commit:3", Kind.MAIL, times=3)
    ),
    "no_inbox": Bug(
        frozenset({"answer_faults", "doubled"}),
        dies_at("tickets", "consumer.tickets.after_commit:3", Kind.CREATE, Kind.AGENT_REPLY, times=3),
    ),
    "relay_with_a_cursor": Bug(
        frozenset({"leftovers", "order_faults"}), slow_commits, ONE_OF_EACH.replace("tickets=1", "tickets=2")
    ),
    "marked_before_sent": Bug(frozenset({"notifications_missing"}), dies_at("notifier", "sender.before_data:3")),
    "unawaited_produce": Bug(frozenset({"lost"}), killed_with_a_full_buffer),
    "random_message_id": Bug(frozenset({"notifications_missing", "two_message_ids"}), load_alone),
    "follower_left_out": Bug(frozenset({"notifications_missing"}), load_alone),
    "lease_without_expiry": Bug(
        frozenset({"notifications_missing", "leftovers"}), dies_at("notifier", "sender.before_data:3")
    ),
    "note_to_customers": Bug(frozenset({"private_leaks"}), load_alone),
    "every_copy_is_new": Bug(frozenset({"doubled"}), lost_answers_of_the_door),
    "effects_without_a_key": Bug(
        frozenset({"rule_effect_faults"}), dies_at("automation", "consumer.automation.after_commit:3")
    ),
}


async def bite(name: str, home: Path, steps: Steps, seed: int = 1) -> Verdict:
    """The verdict on a desk with this bug in all its services, after load and the bug's mishap."""
    environment = {"PYTHONPATH": f"{Path(__file__).parent / 'bugs'}:{ROOT}", "CHAOS_BUG": name}
    bug = BUGS[name]
    async with session(home, steps, seed=seed, rate=RATE, replicas=bug.replicas, **environment) as now:
        await now.under_load(_mishap(now, bug))
        await now.calm(FINISH_SECONDS, QUIET_SECONDS)
        verdict, _ = await now.verdict()
        return verdict


async def _mishap(now: Session, bug: Bug) -> None:
    """The mishap, once there is something that it can happen to."""
    await asyncio.sleep(WARM_SECONDS)
    await bug.mishap(now)
    await asyncio.sleep(AFTER_SECONDS)
