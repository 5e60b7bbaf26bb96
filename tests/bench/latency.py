"""How long people wait on a desk that is at a tenth of what it can: mails for their tickets, staff for their answers.

Beside a steady load of mails, agents change tickets and write notes by the API, and answer customers. A ticket counts
as there when the read model that lists and pages are made of has it, and as live when the stream that open pages listen
to has told it; a command when the API has answered it with the new state; an agent's answer when the customer's mail
server has it. What never comes, and a command that is refused or only accepted, has waited longer than anything else:
where more than one in twenty did, there is no p95.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import uvloop

from shared.settings import KafkaSettings
from tests.bench.desk import BenchDesk, bench_desk
from tests.bench.live import Told, listening
from tests.bench.mails import request
from tests.bench.pace import play
from tests.bench.stages import Spoken, stages
from tests.bench.waits import LOST, in_milliseconds, milliseconds, with_lost

Json = dict[str, Any]
SECONDS = 30.0
COMMANDS_PER_SECOND = 4.0
REPLIES_PER_SECOND = 2.0
LOOK_SECONDS = 0.005
#: The API's answer to a command whose new state it could not wait for.
ACCEPTED = 202
DRAIN_SECONDS = 60.0
#: Where no rate was measured before.
RATE = 5.0
_NEW = """
select f.number, i.state->>'title' as title
from feed f left join item i on i.id = f.item_id and f.type = 'tickets.item.created'
where f.number > $1 order by f.number
"""


def rate_after(found: Mapping[str, Json]) -> float:
    """A tenth of the highest rate that was measured in this run, at least one mail a second."""
    highest = found.get("whole_path", {}).get("mails_per_second", RATE * 10)
    return max(1.0, float(highest) / 10)


def measure_latency(folder: Path, rate: float) -> Json:
    """The three waits at a rate of mails a second."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(folder, rate))


@dataclass
class Seen:
    """When the read model first had each ticket; looked for every few milliseconds.

    Attributes:
        at: moment of the monotonic clock by title.
        numbers: of the feed's line about it, by title.
    """

    database: Any
    last: int = 0
    at: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    async def begin(self) -> None:
        """What is there already is passed over."""
        self.last = await self.database.fetchval("select coalesce(max(number), 0) from feed")

    async def look(self) -> None:
        """Feed lines are numbered in the order in which they become visible, so none is missed."""
        for row in await self.database.fetch(_NEW, self.last):
            self.last = row["number"]
            if row["title"] is not None:
                self.at.setdefault(row["title"], time.monotonic())
                self.numbers.setdefault(row["title"], row["number"])

    def live(self, told: Mapping[int, float]) -> dict[str, float]:
        """When a stream told each ticket, by title; `told` by the feed's number."""
        return {title: told[number] for title, number in self.numbers.items() if number in told}

    async def until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)


def title_of(name: str) -> str:
    """Of the ticket that the mail of this name begins."""
    return f"Question {name}"


def ticket_waits(names: Sequence[str], due: Mapping[str, float], seen: Mapping[str, float]) -> list[float]:
    """Seconds that each mail waited for its ticket.

    Args:
        names: of all mails that were to be sent.
        due: when each was, by name; those that the door refused are not there.
        seen: when each ticket was there, by title.
    """
    return [seen.get(title_of(name), LOST) - due[name] if name in due else LOST for name in names]


@dataclass
class Staff:
    """An agent's program at the API.

    Attributes:
        waits: of commands, until each was answered with the new state, in seconds.
        late: answered only by "accepted", after two seconds.
        missing: refused, or not answered at all; public messages are not among them.
        spoken: the commands that were answered, each with its item and its moments.
    """

    client: httpx2.AsyncClient
    waits: list[float] = field(default_factory=list)
    late: int = 0
    missing: int = 0
    spoken: list[Spoken] = field(default_factory=list)

    async def tickets(self, count: int) -> list[Json]:
        """The newest tickets, each with its version."""
        found: list[Json] = []
        cursor: dict[str, str] = {}
        while len(found) < count:
            answer = await self.client.get("/items", params={"limit": "100", **cursor})
            answer.raise_for_status()
            page = answer.json()
            found += page["items"]
            if not page.get("next"):
                break
            cursor = {"cursor": page["next"]}
        return found

    async def command(self, ticket: Json, turn: int) -> None:
        """A change of one ticket or a note on it, in turn."""
        try:
            began, at = time.monotonic(), time.time()
            path = f"/items/{ticket['number']}"
            if turn % 2:
                answer = await self.client.post(f"{path}/messages", json={"text": f"Note {turn}", "public": False})
            else:
                seen = (await self.client.get(path)).raise_for_status()
                wanted = "high" if seen.json()["priority"] != "high" else "low"
                version = {"If-Match": seen.headers["ETag"]}
                began, at = time.monotonic(), time.time()
                answer = await self.client.patch(path, json={"priority": wanted}, headers=version)
            answer.raise_for_status()
        except httpx2.HTTPError as error:
            sys.stderr.write(f"  a command failed: {error!r}\n")
            self.missing += 1
            self.waits.append(LOST)
            return
        accepted_only = answer.status_code == ACCEPTED
        self.late += accepted_only
        self.waits.append(LOST if accepted_only else time.monotonic() - began)
        self.spoken.append(Spoken(ticket["id"], at, time.time()))

    async def reply(self, ticket: Json, name: str) -> bool:
        """A public message, which the customer hears of; whether the API took it."""
        path = f"/items/{ticket['number']}/messages"
        said = {"text": f"Please try again. {name}", "public": True}
        try:
            (await self.client.post(path, json=said)).raise_for_status()
        except httpx2.HTTPError as error:
            sys.stderr.write(f"  an answer was not taken: {error!r}\n")
            return False
        return True


async def _measure(folder: Path, rate: float) -> Json:
    async with bench_desk(folder) as desk:
        database = await asyncpg.connect(desk.run.database_urls["gateway"])
        headers = {"Authorization": f"Bearer {await desk.token()}"}
        gateway = str(desk.run.services[-1].url)
        async with httpx2.AsyncClient(base_url=f"{gateway}/api/v1", headers=headers, timeout=30) as client:
            staff = Staff(client)
            tickets = await staff.tickets(60)
            async with listening(client, gateway) as told:
                mails, live, said = await _played(desk, staff, tickets, Seen(database), told, rate)
        await database.close()
        kafka = KafkaSettings(kafka_bootstrap_servers=desk.run.kafka_bootstrap_servers)
        way = await stages(kafka, desk.logs, staff.spoken)
    replies = with_lost(desk.answers.waits(said), len(said))
    return {
        "mail_to_ticket_p95_ms": milliseconds(mails, 0.95),
        "mail_to_live_p95_ms": milliseconds(live, 0.95),
        "command_to_answer_p95_ms": milliseconds(staff.waits, 0.95),
        "reply_to_sink_p95_ms": milliseconds(replies, 0.95),
        "at_mails_per_second": round(rate, 1),
        "late_commands": staff.late,
        "commands_missing": staff.missing,
        "replies_missing": replies.count(LOST),
        "tickets_missing": mails.count(LOST),
        "live_missing": live.count(LOST),
        "waits": {
            "mail to ticket": in_milliseconds(mails),
            "mail to live stream": in_milliseconds(live),
            "command to answer": in_milliseconds(staff.waits),
            "reply to sink": in_milliseconds(replies),
        },
        "command_by_stage": way,
        "method": (
            f"a desk of its own under {rate:.1f} mails a second for {SECONDS:g} s, {COMMANDS_PER_SECOND:g} commands and"
            f" {REPLIES_PER_SECOND:g} public answers a second by the API; tickets looked for in the read model every"
            f" {LOOK_SECONDS * 1000:g} ms, and told by the live stream to one client, from the moment a mail was due;"
            " what never came, or was refused, counts as the longest wait"
        ),
    }


async def _played(
    desk: BenchDesk, staff: Staff, tickets: list[Json], seen: Seen, told: Told, rate: float
) -> tuple[list[float], list[float], list[str]]:
    """All three at once; waits of mails for tickets and for the live stream, and names of the answers."""
    await seen.begin()
    mails = [request("text", f"bench-wait-{n}", desk.mailbox, n) for n in range(int(rate * SECONDS))]
    said: list[str] = []
    half = len(tickets) // 2

    async def reply(turn: int) -> None:
        ticket, name = tickets[half + turn % (len(tickets) - half)], f"bench-say-{turn}"
        desk.answers.expect(name, ticket["requester"]["address"], time.monotonic(), must_quote=True)
        said.append(name)
        if not await staff.reply(ticket, name):
            desk.answers.forget(name, ticket["requester"]["address"])

    stop = asyncio.Event()
    looking = asyncio.create_task(seen.until(stop))
    await asyncio.gather(
        play(mails, rate, desk.connections, desk.answers),
        every(1 / COMMANDS_PER_SECOND, lambda turn: staff.command(tickets[turn % half], turn)),
        every(1 / REPLIES_PER_SECOND, reply),
    )
    await desk.answers.all_arrived(DRAIN_SECONDS)
    names = [mail.name for mail in mails]
    due = desk.answers.due(names)
    await settled(lambda: all(title_of(name) in seen.at for name in due))
    stop.set()
    await looking
    await settled(lambda: told.over.is_set() or set(seen.numbers.values()) <= told.at.keys())
    return ticket_waits(names, due, seen.at), ticket_waits(names, due, seen.live(told.at)), said


async def settled(is_there: Callable[[], bool]) -> None:
    """All has come, or is not going to."""
    with suppress(TimeoutError):  # what has not come by then is told as lost
        async with asyncio.timeout(DRAIN_SECONDS):
            while not is_there():  # noqa: ASYNC110 - what is asked comes from the network
                await asyncio.sleep(LOOK_SECONDS)


async def every(seconds: float, act: Callable[[int], Awaitable[None]]) -> None:
    """Act once in so long, whether or not the last act is over, until the load is."""
    began, acts = time.monotonic(), list[asyncio.Task[None]]()
    while len(acts) * seconds < SECONDS:
        await asyncio.sleep(began + len(acts) * seconds - time.monotonic())
        acts.append(asyncio.ensure_future(act(len(acts))))
    await asyncio.gather(*acts)
