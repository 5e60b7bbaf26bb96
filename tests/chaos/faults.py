"""Carries faults out on a running desk, and heals whatever is left.

Invariant: each fault is one line of the journal, with when it began and was healed, and whether it met anything.
"""

import asyncio
import math
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.chaos import proxy
from tests.chaos.checker.seen import Fault
from tests.chaos.checker.topics import POISON
from tests.chaos.desk import ChaosDesk, Member
from tests.chaos.evidence import Journal
from tests.chaos.proxy import BlackHole, CutAfter, Delay, Manner, Pass, Refuse, Slow, Swallow
from tests.chaos.schedule import SERVICES, Planned
from tests.chaos.servers import NotReadyError, until
from tests.chaos.sinks import Manner as SinkManner
from tests.chaos.sinks import Sink

READY_SECONDS = 90.0
#: A service has a backend again within so long, whatever else is wrong.
BACKEND_SECONDS = 20.0
#: Topics that bad records are put on, and who reads each.
POISONED = {
    "intake-raw": ("intake",),
    "intake-submissions": ("intake",),
    "intake-messages": ("tickets",),
    "tickets-commands": ("tickets",),
    "tickets-events": ("automation", "notifier", "gateway"),
    "notifier-commands": ("notifier",),
}
#: The question on each kind of link whose lost answer matters most.
QUESTIONS = {
    "kafka": proxy.asks_produce,
    "postgres": proxy.asks_commit,
    "smtp": proxy.ends_data,
    "door": proxy.ends_data,
    "http": proxy.sends_body,
}
#: What begins a fault: whether it met anything, or what to wait for.
Begin = Callable[[], bool | Awaitable[bool] | Awaitable[None] | None]


class Faults:
    """What can go wrong, done on purpose.

    Args:
        desk: whom it is done to.
        sink: the mail server at the other end.
        journal: where each fault is kept.
        say: tells whoever watches.
        backend_seconds: how long a backend is looked for that can be killed.
    """

    def __init__(
        self,
        desk: ChaosDesk,
        sink: Sink,
        journal: Journal,
        say: Callable[[str], None],
        *,
        backend_seconds: float = BACKEND_SECONDS,
    ) -> None:
        self._desk, self._sink, self.journal, self._say = desk, sink, journal, say
        self._backend_seconds = backend_seconds
        self._busy: set[str] = set()
        self.healed_at = 0.0

    async def play(self, planned: Sequence[Planned]) -> None:
        """Every fault at its time; they may overlap."""
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def one(each: Planned) -> None:
            await asyncio.sleep(max(0.0, began + each.at - loop.time()))
            await self.carry_out(each)

        await asyncio.gather(*(one(each) for each in planned))

    async def carry_out(self, planned: Planned) -> None:
        """One fault, from its beginning to its healing."""
        family, _, rest = planned.kind.partition("-")
        acts: dict[str, Callable[[Planned, str], Awaitable[None]]] = {
            "kill": self._kill,
            "freeze": self._freeze,
            "rolling": self._restart_one_by_one,
            "sink": self._spoil_sink,
            "link": self._spoil_link,
            "poison": self._poison,
        }
        await acts[family](planned, rest)

    async def heal(self) -> None:
        """Nothing is wrong any more: links pass, the sink accepts, everything runs and nothing is stopped."""
        await self._sink.behave(SinkManner.ACCEPT)
        for link in self._desk.links.values():
            await link.behave(Pass())
        if self._desk.broker.server is None:
            self._desk.broker.launch()
        await self._desk.broker.wait()
        await self._desk.database.wait()
        for member in self._desk.members.values():
            member.signal(signal.SIGCONT)
            if not member.is_alive:
                member.start()
        await self._desk.ready()

    # ---- processes

    async def _kill(self, planned: Planned, whom: str) -> None:
        if whom == "broker":
            await self._while("broker", planned, self._desk.broker.kill, self._launch_broker)
        elif whom == "postmaster":
            await self._while("postmaster", planned, self._desk.database.kill, self._desk.database.wait)
        elif whom == "backend":
            role = SERVICES[int(planned.draw * len(SERVICES))]
            await self._while(f"{role} backend", planned, lambda: self._kill_backend(role), self._nothing)
        else:
            member = await self._free_member(whom, planned)
            await self._while(member.label, planned, member.kill, lambda: self._start(member))

    async def _freeze(self, planned: Planned, service: str) -> None:
        member = await self._free_member(service, planned)
        await self._while(member.label, planned, lambda: member.signal(signal.SIGSTOP), lambda: self._wake(member))

    async def _kill_backend(self, role: str) -> bool:
        """One of a role's backends is gone as by `kill -9`; false where it had none, also after a while."""
        try:
            await until(lambda: self._desk.database.kill_backend(role), f"a backend of {role}", self._backend_seconds)
        except NotReadyError:
            return False
        return True

    async def _restart_one_by_one(self, planned: Planned, _: str) -> None:
        """Both replicas of a service end in good order and come back, one after the other: one fault."""
        service = SERVICES[int(planned.draw * len(SERVICES))]
        members, ran, began_at = self._desk.of(service), False, math.inf
        for member in members:
            async with self._alone(member.label):
                began_at = min(began_at, time.time())
                member.expected = False
                ran |= member.signal(signal.SIGTERM)
                if not await member.gone():
                    self._say(f"{member.label} did not end in good order in time; killed")
                    member.kill()
                    await member.gone()
                member.start()
                if member is members[-1]:
                    self.note(planned.kind, service, began_at, had_effect=ran)
                await self._desk.ready(READY_SECONDS)

    async def _launch_broker(self) -> None:
        self._desk.broker.launch()
        await self._desk.broker.wait()

    async def _start(self, member: Member) -> None:
        await member.gone()
        member.start()

    async def _wake(self, member: Member) -> None:
        member.signal(signal.SIGCONT)

    async def _nothing(self) -> None:
        return

    # ---- sink and links

    async def _spoil_sink(self, planned: Planned, manner: str) -> None:
        spoilt = SinkManner(manner)
        ways = [member.links["smtp"] for member in self._desk.of("notifier")]
        await self._while(
            "sink",
            planned,
            lambda: self._sink.behave(spoilt),
            lambda: self._sink.behave(SinkManner.ACCEPT),
            # Who is refused is seen where his way to it ends.
            lambda: self._sink.bites + sum(way.unreached for way in ways),
        )

    async def _spoil_link(self, planned: Planned, manner: str) -> None:
        names = sorted(self._desk.links)
        link = self._desk.links[names[int(planned.draw * len(names))]]
        if manner == "reset":
            await self._while(link.name, planned, link.reset, self._nothing, lambda: link.bites)
            return
        spoilt: dict[str, Manner] = {
            "refuse": Refuse(),
            "black-hole": BlackHole(),
            "delay": Delay(0.15),
            "slow": Slow(20_000),
            "cut": CutAfter(6_000),
            "swallow": Swallow(QUESTIONS[link.name.rpartition(".")[2]]),
        }
        await self._while(
            link.name,
            planned,
            lambda: link.behave(spoilt[manner]),
            lambda: link.behave(Pass()),
            lambda: link.bites,
        )

    # ---- poison

    async def _poison(self, planned: Planned, _: str) -> None:
        topic = sorted(POISONED)[int(planned.draw * len(POISONED))]
        await self.put_poison(topic)

    async def put_poison(self, topic: str) -> None:
        """One record that nobody can read is on a topic; it is evidence before it is there."""
        value, began_at = POISON + uuid4().hex.encode(), time.time()
        dead = [f"{topic}.{reader}.dead" for reader in POISONED[topic]]
        self.journal.write({"poison": value.decode(), "topics": dead})
        while not await self._produced(topic, value):
            self._say(f"the broker does not take the poison for {topic} yet")
        self.note("poison", topic, began_at, had_effect=True)

    async def _produced(self, topic: str, value: bytes) -> bool:
        producer = AIOKafkaProducer(bootstrap_servers=self._desk.bootstrap, acks="all", enable_idempotence=True)
        try:
            async with asyncio.timeout(20):
                await producer.start()
                await producer.send_and_wait(topic, value, uuid4().hex.encode())
        except (KafkaError, OSError, TimeoutError):
            return False
        else:
            return True
        finally:
            await producer.stop()

    # ---- one at a time

    async def _while(
        self,
        target: str,
        planned: Planned,
        begin: Begin,
        end: Callable[[], Awaitable[None]],
        bites: Callable[[], int] | None = None,
    ) -> None:
        """The fault lasts as long as planned; nothing else is done to its target meanwhile.

        Args:
            target: what it is done to.
            planned: the fault.
            begin: says whether it met anything, where nothing counts that.
            end: heals it.
            bites: how often it has met something by now.
        """
        async with self._alone(target):
            began_at, before = time.time(), bites() if bites is not None else 0
            begun = begin()
            met = await begun if isinstance(begun, Awaitable) else begun
            await asyncio.sleep(planned.seconds)
            if bites is not None:
                met = bites() > before or _unless_unseen(planned.kind)
            await end()
            self.note(planned.kind, target, began_at, had_effect=met)

    def note(self, kind: str, target: str, began_at: float, *, had_effect: bool | None) -> None:
        """The fault is evidence, from when it began until now, when it is healed."""
        fault = Fault(kind, target, began_at, time.time(), had_effect)
        self.journal.write(asdict(fault))
        self.healed_at = fault.healed_at
        found = "; it found nothing" if had_effect is False else ""
        self._say(f"{kind} on {target}, {fault.healed_at - began_at:.1f} s{found}")

    async def _free_member(self, service: str, planned: Planned) -> Member:
        """One of a service's replicas, the drawn one if nothing is being done to it."""
        members = self._desk.of(service)
        drawn = members[int(planned.draw * len(members))]
        rest = [drawn, *(member for member in members if member is not drawn)]
        free = [member for member in rest if member.label not in self._busy and member.is_alive]
        return free[0] if free else drawn

    @asynccontextmanager
    async def _alone(self, target: str) -> AsyncIterator[None]:
        """Nothing else is done to the target inside the block."""
        while target in self._busy:  # noqa: ASYNC110 - few waiters, seldom, and none must be forgotten
            await asyncio.sleep(0.1)
        self._busy.add(target)
        try:
            yield
        finally:
            self._busy.discard(target)


def _unless_unseen(kind: str) -> bool | None:
    """What no bite means: nothing met the fault, unless clients that come to a closed port are not seen."""
    return None if kind == "link-refuse" else False
