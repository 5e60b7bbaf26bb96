"""A steady mixed load: mails, answers in threads, portal forms, request pages, agents at the API; seeded.

Invariant: an input is tried until its client has an answer, then now and then once more, always with the same id. A
client that is told how long to wait waits about so long. A client that ends in any other way has crashed, and that is
kept: what it gave would pass for unknown, and nobody would miss it.
"""

import asyncio
import random
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.chaos import doors
from tests.chaos.checker.seen import Finding
from tests.chaos.doors import Files, Place, Web
from tests.chaos.evidence import Json
from tests.chaos.history import History, Kind, Outcome, Told, Try, new_marker
from tests.chaos.sinks import SunkMail
from tests.chaos.threads import REPLY_STYLES, Thread, Threads, first_mail, reply_mail

#: Of a hundred inputs, how many are of which kind.
MIX = {
    Kind.MAIL: 34,
    Kind.REPLY: 18,
    Kind.FORM: 10,
    Kind.LINK_ANSWER: 8,
    Kind.AGENT_REPLY: 12,
    Kind.NOTE: 5,
    Kind.CHANGE: 8,
    Kind.FOLLOW: 3,
    Kind.CREATE: 2,
}
REPEATED = 0.05
GONE = 0.03
#: Of what is posted, and of agents' replies, some come with a small file.
WITH_FILE = 0.3
FILE_BYTES = 2000
FIRST_PAUSE_SECONDS = 0.5
#: Some hundred clients that try again every second or two would keep a desk on two processors from ever getting up.
LONGEST_PAUSE_SECONDS = 8.0
MOST_AT_ONCE = 400
COMPANIES = 40

Attempt = Callable[[Place], Awaitable[Told]]


@dataclass(frozen=True)
class Doors:
    """Where the desk is entered: every replica's link, and the addresses behind them."""

    smtp: Sequence[Place]
    http: Sequence[Place]
    mail_domain: str


@dataclass
class Load:
    """Clients of all kinds.

    Args:
        entrance: the doors.
        web: HTTP clients, with an agent's token.
        history: where inputs and answers are kept.
        rng: seeded.
        rate: inputs a second.
        large_share: of first mails, so many are too large for a record.

    Attributes:
        crashes: who ended without having been told to, and of what.
    """

    entrance: Doors
    web: Web
    history: History
    rng: random.Random
    rate: float
    large_share: float = 1 / 30
    threads: Threads = field(default_factory=Threads)
    skipped: int = 0
    given: int = 0
    crashes: list[tuple[str, str]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _customers: int = 0

    def received(self, mail: SunkMail) -> None:
        """A mail of the desk's came to the sink."""
        self.threads.received(mail)

    async def run(self, seconds: float) -> None:
        """Give inputs at the rate, whatever becomes of them, for so long."""
        loop = asyncio.get_running_loop()
        next_at, until = loop.time(), loop.time() + seconds
        while next_at < until:
            await asyncio.sleep(max(0.0, next_at - loop.time()))
            next_at += self.rng.expovariate(self.rate)
            if len(self._tasks) >= MOST_AT_ONCE:
                self.skipped += 1
            else:
                self.give(self._any_kind())

    def give(self, kind: Kind) -> None:
        """One more input of a kind; a new mail where the kind needs a thread and there is none yet."""
        made = self._make(kind) or self._make(Kind.MAIL)
        if made is not None:
            self.given += 1
            task = asyncio.create_task(made, name=f"client of a {kind}")
            self._tasks.add(task)
            task.add_done_callback(self._over)

    async def finish(self, seconds: float) -> int:
        """Wait until every input has its answer; returns how many have none after so long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        left = list(self._tasks)
        await asyncio.gather(*(self.end(task) for task in left))
        return len(left)

    async def end(self, task: asyncio.Task[Any]) -> None:
        """A task of the run has no more to do; what it died of before is kept."""
        self._tasks.discard(task)
        is_ours = task.cancel()
        await asyncio.wait([task])
        self._keep(task, is_ours=is_ours)

    def crashed(self) -> list[Finding]:
        """Each crash as a finding."""
        return [Finding("client_crashes", who, why) for who, why in self.crashes]

    def _over(self, task: asyncio.Task[Any]) -> None:
        if task in self._tasks:
            self._tasks.discard(task)
            self._keep(task, is_ours=False)

    def _keep(self, task: asyncio.Task[Any], *, is_ours: bool) -> None:
        if task.cancelled():
            if not is_ours:
                self.crashes.append((task.get_name(), "cancelled by somebody else"))
        elif (error := task.exception()) is not None:
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.crashes.append((task.get_name(), f"{error!r} at {where.filename}:{where.lineno}"))

    def _any_kind(self) -> Kind:
        return self.rng.choices(list(MIX), list(MIX.values()))[0]

    def _make(self, kind: Kind) -> Coroutine[None, None, None] | None:
        marker, rng, threads = new_marker(self.rng), self.rng, self.threads
        if kind is Kind.MAIL:
            return self._mail(marker)
        if kind is Kind.FORM:
            return self._form(marker)
        if kind is Kind.CREATE:
            return self._create(marker)
        if kind is Kind.REPLY:
            thread = threads.any_answered(rng)
            return self._reply(marker, thread) if thread else None
        if kind is Kind.LINK_ANSWER:
            thread = threads.any_with_link(rng)
            return self._link_answer(marker, thread) if thread else None
        thread = threads.any_numbered(rng)
        return self._agent(kind, marker, thread) if thread else None

    # ---- customers

    def _customer(self, marker: str) -> Thread:
        self._customers += 1
        number, rng = self._customers, self.rng
        local = f"{'gone-' if rng.random() < GONE else ''}c{number}-{marker[2:7]}"
        address = f"{local}@kunde{rng.randrange(COMPANIES)}.example"
        mailbox = f"{rng.choice(['support', 'support', 'hardware'])}@{self.entrance.mail_domain}"
        thread = Thread(marker, address, f"Customer {number}", mailbox)
        self.threads.add(thread)
        return thread

    async def _mail(self, marker: str) -> None:
        thread = self._customer(marker)
        html, large = self.rng.random() < 0.3, self.rng.random() < self.large_share
        raw = doors.octets(first_mail(thread, marker, self.rng, html=html, large=large))
        await self._send(Kind.MAIL, marker, thread, thread.mailbox, raw)

    async def _reply(self, marker: str, thread: Thread) -> None:
        style = self.rng.choice(REPLY_STYLES)
        message, to = reply_mail(thread, marker, style)
        await self._send(Kind.REPLY, marker, thread, to, doors.octets(message), style=style, number=thread.number)

    async def _send(self, kind: Kind, marker: str, thread: Thread, to: str, raw: bytes, **more: object) -> None:
        facts: Json = {
            "sender": thread.address,
            "to": to,
            "mailbox": thread.mailbox,
            "begun_by": thread.op,
            "sha256": sha256(raw).hexdigest(),
            **more,
        }

        async def attempt(door: Place) -> Told:
            return await doors.send_mail(door, thread.address, to, raw)

        await self._until_answered(kind, marker, facts, attempt, self.entrance.smtp)

    async def _form(self, marker: str) -> None:
        thread = self._customer(marker)
        form = "hardware" if thread.mailbox.startswith("hardware") else "request"
        path = f"/portal/forms/{form}"
        values = {
            "name": thread.name,
            "address": thread.address,
            "title": f"Form {marker}",
            "text": f"By the form, {marker}",
        }
        facts: Json = {"sender": thread.address, "form": form, "begun_by": marker, "text": values["text"]}
        await self._post_page(Kind.FORM, marker, facts, path, values)

    async def _link_answer(self, marker: str, thread: Thread) -> None:
        text = f"By the page, {marker}"
        facts: Json = {"sender": thread.address, "begun_by": thread.op, "text": text, "number": thread.number}
        await self._post_page(Kind.LINK_ANSWER, marker, facts, thread.link, {"text": text})

    async def _post_page(self, kind: Kind, marker: str, facts: Json, path: str, values: dict[str, str]) -> None:
        """Open a page, fill it in, post it, now and then with a file; a second click posts the very same."""
        filled: dict[str, str] = {}
        files = self._files()
        facts["files"] = hashes_of(files)

        async def attempt(door: Place) -> Told:
            if not filled:
                page = await self.web.request(door, "GET", path)
                if page is None or page.status_code != 200:
                    return doors.not_shown(page, "the page")
                filled.update({**doors.hidden_fields(page.text), **values})
            return await self.web.post_form(door, path, filled, files)

        await self._until_answered(kind, marker, facts, attempt, self.entrance.http)

    # ---- agents

    async def _create(self, marker: str) -> None:
        thread = self._customer(marker)
        body: Json = {
            "kind": "ticket",
            "type": "request",
            "title": f"By phone {marker}",
            "text": f"They called, {marker}",
            "requester": {"address": thread.address, "name": thread.name},
        }
        facts: Json = {"sender": thread.address, "begun_by": marker, "text": body["text"]}
        await self._ask(Kind.CREATE, marker, facts, "/items", body)

    async def _agent(self, kind: Kind, marker: str, thread: Thread) -> None:
        facts: Json = {"begun_by": thread.op, "number": thread.number}
        path = f"/items/{thread.number}"
        if kind in {Kind.AGENT_REPLY, Kind.NOTE}:
            public = kind is Kind.AGENT_REPLY
            text = f"We look at it, {marker}" if public else f"Only us: {marker}, the customer must not read it"
            files = self._files() if public else []
            facts |= {"text": text, "files": hashes_of(files)}
            body: Json = {"text": text, "public": public}
            await self._ask(kind, marker, facts, f"{path}/messages", body, files)
        elif kind is Kind.FOLLOW:
            follower = f"f-{marker[2:]}@kunde{self.rng.randrange(COMPANIES)}.example"
            change: Json = {"follow": [{"address": follower, "name": "Colleague"}]}
            await self._change(kind, marker, {**facts, "follower": follower}, path, change)
        else:
            await self._change(kind, marker, facts, path, {"title": f"Renamed {marker}"})

    async def _change(self, kind: Kind, marker: str, facts: Json, path: str, change: Json) -> None:
        """A change that is based on what its agent saw; a retry is the same change based on the same."""
        seen: list[str] = []

        async def attempt(door: Place) -> Told:
            if not seen:
                item = await self.web.shown(door, f"/api/v1{path}")
                if item is None or item.status_code != 200:
                    return doors.not_shown(item, "the item")
                seen.append(str(item.json()["version"]))
            return doors.told(
                await self.web.api(door, "PATCH", path, change, Idempotency_Key=marker, If_Match=f'"{seen[0]}"')
            )

        await self._until_answered(kind, marker, facts, attempt, self.entrance.http)

    async def _ask(self, kind: Kind, marker: str, facts: Json, path: str, body: Json, files: Files = ()) -> None:
        async def attempt(door: Place) -> Told:
            return doors.told(await self.web.api(door, "POST", path, body, files=files, Idempotency_Key=marker))

        await self._until_answered(kind, marker, facts, attempt, self.entrance.http)

    def _files(self) -> list[bytes]:
        return [self.rng.randbytes(FILE_BYTES)] if self.rng.random() < WITH_FILE else []

    # ---- trying

    async def _until_answered(
        self, kind: Kind, op: str, facts: Json, attempt: Attempt, places: Sequence[Place]
    ) -> None:
        self.history.begin(op, kind, facts)
        pause = FIRST_PAUSE_SECONDS
        while (told := await self._try(op, attempt, places)).outcome is Outcome.UNKNOWN:
            await asyncio.sleep(max(pause, told.again_seconds) * self.rng.uniform(0.7, 1.3))
            pause = min(pause * 1.6, LONGEST_PAUSE_SECONDS)
        if self.rng.random() < REPEATED:
            await self._try(op, attempt, places)

    async def _try(self, op: str, attempt: Attempt, places: Sequence[Place]) -> Told:
        place, begun_at = self.rng.choice(places), time.time()
        told = await attempt(place)
        known = (told.outcome, told.code, told.detail, place.link, told.again_seconds)
        self.history.tried(op, Try(begun_at, time.time(), *known))
        return told


def hashes_of(files: Files) -> list[str]:
    """What the checker knows files by."""
    return [sha256(content).hexdigest() for content in files]
