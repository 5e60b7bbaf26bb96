"""Broker away, database away, both, gone or silent: every door says so in time, and afterwards nothing is missing."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

from tests.chaos.desk import Member
from tests.chaos.doors import Place, Web, hidden_fields, told
from tests.chaos.evidence import Json
from tests.chaos.history import Kind, Try, new_marker
from tests.chaos.proxy import BlackHole, Pass
from tests.chaos.servers import until
from tests.chaos.session import Session
from tests.chaos.threads import Thread
from tests.overload.answers import ONSET_SECONDS, PROMISED_SECONDS
from tests.overload.inputs import Letter, percentile
from tests.overload.memory import watched
from tests.overload.report import Part

PROBE_SECONDS = 1.0
FORM = "/portal/forms/request"
TYPED = "Typed for a long time"
#: So many inputs at most wait for an answer meanwhile.
WAITING = 120.0
MOST_A_SECOND = 2.0
MOST_GROWN_MIB = 120.0
#: So many begin a request before an outage, so that one has a link to its page.
CUSTOMERS = 3

#: What each door answers while a server is away (DESIGN.md §4), and who is ready.
PAGES = ("form page", "portal", "request page", "sign-in", "work list", "ticket page", "list")
_DATABASE_AWAY = {**dict.fromkeys(PAGES, 503), "form post": 503, "command": 503}
ANSWERS: dict[str, dict[str, int]] = {
    "broker": {"mail": 451, "form post": 503, "command": 503, **dict.fromkeys(PAGES, 200)},
    "database": {"mail": 250, **_DATABASE_AWAY},
    "both": {"mail": 451, **_DATABASE_AWAY},
}
#: What each answers while nothing is away; that may still be said while an outage begins.
HEALTHY: dict[str, set[int]] = {
    **{page: {200} for page in PAGES},
    "mail": {250},
    "form post": {303},
    "command": {200, 201, 202},
}
#: The probe posts its form once a second, and a client that comes too often is put off with another code.
PUT_OFF_TOO = {"form post": (429,)}
READY = {"broker": {"gateway"}, "database": {"intake"}, "both": set[str]()}
SERVICES = ("intake", "tickets", "automation", "notifier", "gateway")


@dataclass(frozen=True)
class Answer:
    """One answer, or none within the client's patience."""

    door: str
    at: float
    seconds: float
    code: int | None
    fault: str = ""


@dataclass
class Probes:
    """Asks every door once a second, and keeps every answer."""

    now: Session
    web: Web
    found: list[Answer] = field(default_factory=list)
    _form: dict[str, str] = field(default_factory=dict)
    _ops: dict[Kind, str] = field(default_factory=dict)
    _read: dict[str, str] = field(default_factory=dict)
    _shows: str = ""

    async def prepare(self) -> None:
        """The form is open in a browser, with much typed in it; a program has its command ready; pages can be read."""
        await self._find_pages()
        page = await self.web.page(self._http, FORM)
        for kind in (Kind.FORM, Kind.CREATE):
            self._ops[kind] = new_marker(self.now.load.rng)
        op = self._ops[Kind.FORM]
        sender, text = f"{op}@probe.example", f"{TYPED}, {op}"
        self._form = {
            **hidden_fields(page or ""),
            "name": "Ana",
            "address": sender,
            "title": f"Form {op}",
            "text": text,
        }
        self._begin(Kind.FORM, {"sender": sender, "form": "request", "text": text})
        created = self._ops[Kind.CREATE]
        self._begin(Kind.CREATE, {"sender": f"{created}@probe.example", "text": f"They called, {created}"})

    async def _find_pages(self) -> None:
        """A request that its customer has a signed link to, and staff see."""
        threads = self.now.load.threads.by_address
        for _ in range(CUSTOMERS):  # of some the mail server takes no mail
            self.now.load.give(Kind.MAIL)

        def linked() -> list[Thread]:
            return [thread for thread in threads.values() if thread.number and thread.link]

        await until(lambda: bool(linked()), "a customer to have a link")
        thread = linked()[0]
        self._shows = thread.op
        self._read = {"request page": thread.link, "ticket page": f"/workspace/items/{thread.number}"}

        async def shown() -> bool:
            pages = [await self.web.shown(self._http, path) for path in self._read.values()]
            return all(page is not None and self._shows in page.text for page in pages)

        await until(shown, "its pages to show a request")

    async def run(self, ended: float) -> None:
        """Ask until then, however long answers take."""
        asking: set[asyncio.Task[None]] = set()
        while time.monotonic() < ended:
            asking.add(asyncio.create_task(self.once()))
            await asyncio.sleep(PROBE_SECONDS)
        await asyncio.gather(*asking)

    async def once(self) -> None:
        """Every door, at the same time."""
        members = self.now.desk.members.values()
        await asyncio.gather(
            self._mail(),
            self._page("portal", "/portal"),
            self._page("form page", FORM),
            self._page("sign-in", "/workspace/sign-in"),
            self._page("request page", self._read["request page"], self._shows),
            self._staff_page("work list", "/workspace", 'href="/workspace/items/'),
            self._staff_page("ticket page", self._read["ticket page"], self._shows),
            self._post_form(),
            self._list(),
            self._create(),
            *(self._readyz(member) for member in members),
        )

    @property
    def _http(self) -> Place:
        return self.now.load.entrance.http[0]

    async def _mail(self) -> None:
        letter = Letter(self.now, f"{new_marker(self.now.load.rng)}@probe.example")
        begun = time.monotonic()
        answer = await letter.send()
        self._keep("mail", begun, answer.code)

    async def _page(self, door: str, path: str, shows: str = "<h1") -> None:
        begun = time.monotonic()
        answer = await self.web.request(self._http, "GET", path, headers={"Accept": "text/html"})
        self._keep_answer(door, begun, answer, fault_of_page(answer, shows))

    async def _staff_page(self, door: str, path: str, shows: str) -> None:
        begun = time.monotonic()
        answer = await self.web.shown(self._http, path)
        self._keep_answer(door, begun, answer, fault_of_page(answer, shows))

    async def _post_form(self) -> None:
        begun, begun_at = time.monotonic(), time.time()
        origin = {"Origin": f"http://127.0.0.1:{self._http.port}"}
        answer = await self.web.request(self._http, "POST", FORM, data=self._form, headers=origin)
        fault = fault_of_page(answer)
        if answer is not None and answer.status_code >= 400 and self._form["text"] not in answer.text:
            fault = fault or "what was typed is gone"
        self._keep_answer("form post", begun, answer, fault)
        self._tried(Kind.FORM, begun_at, answer)

    def _command(self) -> Json:
        op = self._ops[Kind.CREATE]
        who = {"address": f"{op}@probe.example", "name": "Ana"}
        title, text = f"By phone {op}", f"They called, {op}"
        return {"kind": "ticket", "type": "request", "title": title, "text": text, "requester": who}

    async def _list(self) -> None:
        begun = time.monotonic()
        answer = await self.web.shown(self._http, "/api/v1/items")
        self._keep_answer("list", begun, answer, _fault_of_answer(answer))

    async def _create(self) -> None:
        begun, begun_at, key = time.monotonic(), time.time(), self._ops[Kind.CREATE]
        answer = await self.web.api(self._http, "POST", "/items", self._command(), Idempotency_Key=key)
        self._tried(Kind.CREATE, begun_at, answer)
        self._keep_answer("command", begun, answer, _fault_of_answer(answer))

    async def _readyz(self, member: Member) -> None:
        begun = time.monotonic()
        try:
            async with httpx2.AsyncClient(timeout=10) as client:
                code: int | None = (await client.get(f"{member.health_url}/readyz")).status_code
        except (httpx2.HTTPError, OSError):
            code = None
        self._keep(f"readyz of {member.replica.service}", begun, code)

    def _keep_answer(self, door: str, begun: float, answer: httpx2.Response | None, fault: str) -> None:
        self._keep(door, begun, None if answer is None else answer.status_code, fault)

    def _keep(self, door: str, begun: float, code: int | None, fault: str = "") -> None:
        self.found.append(Answer(door, begun, time.monotonic() - begun, code, fault))

    def _begin(self, kind: Kind, facts: Json) -> None:
        self.now.load.history.begin(self._ops[kind], kind, {**facts, "begun_by": self._ops[kind]})

    def _tried(self, kind: Kind, begun_at: float, answer: httpx2.Response | None) -> None:
        said = told(answer)
        each = Try(begun_at, time.time(), said.outcome, said.code, said.detail, self._http.link)
        self.now.load.history.tried(self._ops[kind], each)


@dataclass(frozen=True)
class Outage:
    """One outage.

    Attributes:
        away: ``broker``, ``database`` or ``both``.
        silent: connections stay and nothing answers; else the processes are gone as by `kill -9`.
    """

    away: str
    silent: bool = False

    @property
    def name(self) -> str:
        return f"{self.away} {'silent' if self.silent else 'gone'}"

    @property
    def _servers(self) -> set[str]:
        return {"broker", "database"} if self.away == "both" else {self.away}

    async def begin(self, now: Session) -> None:
        if self.silent:
            await self._behave(now, BlackHole())
            return
        if "broker" in self._servers:
            now.desk.broker.kill()
        if "database" in self._servers:
            now.desk.database.kill()

    async def heal(self, now: Session) -> None:
        if self.silent:
            await self._behave(now, Pass())
            return
        if "broker" in self._servers:
            now.desk.broker.launch()
            await now.desk.broker.wait()
        await now.desk.database.wait()

    async def _behave(self, now: Session, manner: BlackHole | Pass) -> None:
        ends = {"broker": ".kafka", "database": ".postgres"}
        for name, link in now.desk.links.items():
            if name.endswith(tuple(ends[server] for server in self._servers)):
                await link.behave(manner)


async def outage(now: Session, part: Part, which: Outage, seconds: float) -> None:
    """Servers are away for so long, under load; every answer is judged, and how long all takes to be at rest again."""
    probes = Probes(now, now.web.keeping_none())
    await probes.prepare()
    now.load.rate = min(MOST_A_SECOND, WAITING / seconds)
    pids: Callable[[], dict[str, int | None]] = lambda: {  # noqa: E731 - asked again after a restart
        m.label: m.server.pid if m.server else None for m in now.desk.members.values()
    }

    async def while_away() -> tuple[float, float]:
        await which.begin(now)
        began = time.monotonic()
        await probes.run(began + seconds)
        return began, began + seconds

    async with watched(pids) as memory:
        began, ended = await now.under_load(while_away())
        await probes.web.close()
        healed = time.monotonic()
        await which.heal(now)
        left = await now.calm()
    part.figures[which.name] = {
        "seconds away": round(seconds),
        **judge_probes(part, which, [each for each in probes.found if began <= each.at <= ended], began),
        "seconds until all was at rest": round(time.monotonic() - healed, 1),
        "MiB": memory.told(),
    }
    part.promise(not left, f"{which.name}: left afterwards: {left}")
    grown = {name: round(memory.grown(name)) for name in memory.start if memory.grown(name) > MOST_GROWN_MIB}
    part.promise(not grown, f"{which.name}: MiB grown: {grown}")


def expected_of(away: str) -> dict[str, int]:
    """What each door answers once it has noticed what is away."""
    ready = {f"readyz of {name}": 200 if name in READY[away] else 503 for name in SERVICES}
    return {**ANSWERS[away], **ready}


def judge_probes(part: Part, which: Outage, answers: list[Answer], began: float) -> Json:
    """What the doors said, and how long they took."""
    codes: dict[str, Counter[str]] = defaultdict(Counter)
    expected = expected_of(which.away)
    for each in answers:
        codes[each.door][str(each.code)] += 1
        told = {expected[each.door], *PUT_OFF_TOO.get(each.door, ())}
        if each.at <= began + ONSET_SECONDS:
            told |= HEALTHY.get(each.door, {200})
        wrong = each.code not in told or bool(each.fault)
        part.promise(not wrong, f"{which.name}: {each.door} said {each.code} {each.fault}".strip())
    unasked = expected.keys() - codes.keys()
    part.promise(not unasked, f"{which.name}: nobody asked {sorted(unasked)}")
    onset = [each for each in answers if each.at <= began + ONSET_SECONDS]
    later = [each for each in answers if each.at > began + ONSET_SECONDS]
    late = sum(each.seconds > PROMISED_SECONDS for each in later)
    part.promise_in_time(late == 0, f"{which.name}: {late} of {len(later)} answers took longer than a second")
    return {
        "answers": {
            door: " ".join(f"{code}x{count}" for code, count in found.items()) for door, found in codes.items()
        },
        "slowest answer in the first six seconds": _slowest(onset),
        "slowest answer after": _slowest(later),
        "p99 after, seconds": round(percentile([each.seconds for each in later], 0.99), 3),
    }


def _slowest(answers: list[Answer]) -> str:
    worst = max(answers, key=lambda each: each.seconds, default=None)
    return f"{worst.seconds:.2f} s ({worst.door})" if worst else "none"


def fault_of_page(answer: httpx2.Response | None, shows: str = "") -> str:
    """What is wrong with a page that is read, or that says that something is away."""
    if answer is not None and answer.status_code == 200:
        return "" if shows in answer.text else "not what it shows else"
    if answer is None or answer.status_code != 503:
        return ""
    if "retry-after" not in answer.headers:
        return "without Retry-After"
    return "" if "<h1" in answer.text and "Traceback" not in answer.text else "not a page in plain words"


def _fault_of_answer(answer: httpx2.Response | None) -> str:
    """What is wrong with an answer to a program."""
    if answer is None or answer.status_code != 503:
        return ""
    if "retry-after" not in answer.headers:
        return "without Retry-After"
    return "" if answer.headers.get("content-type", "").startswith("application/problem+json") else "no problem"
