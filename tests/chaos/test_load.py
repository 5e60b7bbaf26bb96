"""The load gives its inputs through the doors, retries with the same id, and writes down what it was told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from services.intake.use_cases.accept_mail import IN_RECORD_BYTES
from tests.chaos.checker.report import CHECKS
from tests.chaos.doors import Place, Web, hidden_fields, path_of
from tests.chaos.history import MARKER, History, Input, Kind, Outcome, Try, read_history, seeded
from tests.chaos.load import Doors, Load
from tests.chaos.session import Session
from tests.chaos.sinks import Manner, Sink, SunkMail, read_mails
from tests.chaos.threads import Thread, first_mail, reply_mail
from tests.support.waiting import PATIENCE_SECONDS, eventually

FORM = b'<main><form><input type="hidden" name="form_token" value="t1"></form></main>'


@dataclass
class StandIn:
    """A web server that answers 503 a few times, then yes, and remembers what it was asked.

    Attributes:
        refusals: so many posts are answered with 503.
        hidden: so many pages are.
    """

    refusals: int = 0
    hidden: int = 0
    code: int = 200
    item: bytes = b'{"version": 3}'
    asked: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.hidden -= 1
                page = stand_in.item if "/api/" in self.path else FORM
                self.answer(200 if stand_in.hidden < 0 else 503, page)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                key = self.headers.get("Idempotency-Key", "")
                stand_in.asked.append((self.command, self.path, body, key))
                stand_in.refusals -= 1
                self.answer(stand_in.code if stand_in.refusals < 0 else 503, b"{}")

            do_PATCH = do_POST  # noqa: N815 - the name that http.server calls

            def answer(self, code: int, body: bytes) -> None:
                self.send_response(code)
                self.send_header("Retry-After", "1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: tests read what was asked."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def web_desk() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()


@pytest_asyncio.fixture
async def door(tmp_path: Path) -> AsyncIterator[Sink]:
    sink = Sink(tmp_path / "door.jsonl")
    await sink.start()
    yield sink
    await sink.stop()


@pytest_asyncio.fixture
async def load(tmp_path: Path, door: Sink, web_desk: StandIn) -> AsyncIterator[Load]:
    entrance = Doors(
        [Place("door-1", door.port)], [Place("http-1", int(web_desk.server.server_address[1]))], "desk.example"
    )
    web = Web("token")
    history = History(tmp_path / "history.jsonl")
    yield Load(entrance, web, history, seeded(7), rate=50)
    await web.close()
    history.close()


def inputs(tmp_path: Path) -> list[Input]:
    return list(read_history(tmp_path / "history.jsonl").values())


async def test_mail_is_sent_again_with_the_same_octets_until_the_answer(load: Load, door: Sink, tmp_path: Path) -> None:
    """A lost 250 makes the client send again; it knows yes once, and both copies are the same."""
    await door.behave(Manner.SWALLOW)
    load.give(Kind.MAIL)

    async def swallowed() -> bool:
        return door.taken >= 1

    await eventually(swallowed, "a first try")
    await door.behave(Manner.ACCEPT)
    assert await load.finish(20) == 0
    kept = read_mails(tmp_path / "door.jsonl")
    assert len(kept) >= 2
    assert len({mail.raw for mail in kept}) == 1
    given = inputs(tmp_path)
    assert [each.outcome for each in given] == [Outcome.OK]
    assert given[0].tries[0].outcome is Outcome.UNKNOWN


async def test_form_is_posted_again_with_the_same_token(load: Load, web_desk: StandIn, tmp_path: Path) -> None:
    """503 means later: the very same form is posted again."""
    web_desk.refusals = 2
    load.give(Kind.FORM)
    assert await load.finish(20) == 0
    assert len(web_desk.asked) >= 3
    assert {body for _, _, body, _ in web_desk.asked} == {web_desk.asked[0][2]}
    assert b"form_token=t1" in web_desk.asked[0][2]
    assert inputs(tmp_path)[0].outcome is Outcome.OK


async def test_client_waits_as_long_as_it_is_told(load: Load, web_desk: StandIn, tmp_path: Path) -> None:
    """A 503 says when to come again; nobody comes much sooner."""
    web_desk.refusals = 1
    load.give(Kind.CREATE)
    assert await load.finish(30) == 0
    (created,) = read_history(tmp_path / "history.jsonl").values()
    first, second, *_ = created.tries
    assert second.begun_at - first.ended_at >= 0.7


@pytest.mark.parametrize("kind", [Kind.FORM, Kind.CHANGE])
async def test_client_that_is_shown_no_page_keeps_what_it_was_told(
    load: Load, web_desk: StandIn, tmp_path: Path, kind: Kind
) -> None:
    """A page that is not shown is a try like any other: its code, and when to come again, can be judged."""
    load.threads.add(Thread("mk0000000001", "c@kunde.example", "C", "support@desk.example", number=7))
    web_desk.hidden = 1
    load.give(kind)
    assert await load.finish(30) == 0
    (given,) = inputs(tmp_path)
    assert [(one.code, one.again_seconds) for one in given.tries[:2]] == [(503, 1.0), (200, 0.0)]


async def test_agent_asks_again_under_the_same_key(load: Load, web_desk: StandIn, tmp_path: Path) -> None:
    """A retry of a reply carries its Idempotency-Key, which is its marker."""
    load.threads.add(Thread("mk0000000001", "c@kunde.example", "C", "support@desk.example", number=7))
    web_desk.refusals = 1
    load.give(Kind.AGENT_REPLY)
    assert await load.finish(20) == 0
    given = inputs(tmp_path)[0]
    assert [(path, key) for _, path, _, key in web_desk.asked[:2]] == [("/api/v1/items/7/messages", given.op)] * 2
    assert given.kind is Kind.AGENT_REPLY


async def test_some_are_posted_with_a_file(load: Load, web_desk: StandIn, tmp_path: Path) -> None:
    """Forms and agents' replies bring a file now and then; what the checker needs of it is in the journal first."""
    load.threads.add(Thread("mk0000000001", "c@kunde.example", "C", "support@desk.example", number=7))
    for _ in range(20):
        load.give(Kind.FORM)
        load.give(Kind.AGENT_REPLY)
    assert await load.finish(20) == 0
    for kind, path in ((Kind.FORM, "/portal/forms/"), (Kind.AGENT_REPLY, "/api/v1/items/7/messages")):
        given = {each.op: each.facts["files"] for each in inputs(tmp_path) if each.kind is kind}
        sent = {
            MARKER.findall(body.decode("latin-1"))[0]: [sha256(content).hexdigest() for content in files_in(body)]
            for _, to, body, _ in web_desk.asked
            if to.startswith(path)
        }
        assert given == sent
        assert [] in sent.values()
        assert any(sent.values())


def files_in(body: bytes) -> list[bytes]:
    """The files of a form that was posted in parts."""
    parts = body.split(b"--what-the-load-sends")
    return [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts if b"filename=" in part]


async def test_some_mails_are_too_large_for_a_record(load: Load, door: Sink, tmp_path: Path) -> None:
    """Few enough that the load stays light; the journal has the hash of all that was sent."""
    load.large_share = 0.3
    for _ in range(10):
        load.give(Kind.MAIL)
    assert await load.finish(PATIENCE_SECONDS) == 0
    sent = {sha256(mail.raw).hexdigest(): len(mail.raw) for mail in read_mails(tmp_path / "door.jsonl")}
    assert sent.keys() == {each.facts["sha256"] for each in inputs(tmp_path)}
    large = [size > IN_RECORD_BYTES for size in sent.values()]
    assert any(large)
    assert not all(large)


async def test_no_for_good_is_not_tried_again(load: Load, web_desk: StandIn, tmp_path: Path) -> None:
    """A 409 settles it: the client knows that nothing happened."""
    load.threads.add(Thread("mk0000000001", "c@kunde.example", "C", "support@desk.example", number=7))
    web_desk.code = 409
    load.give(Kind.CHANGE)
    assert await load.finish(20) == 0
    assert {each.outcome for each in inputs(tmp_path)[0].tries} == {Outcome.FAIL}


async def test_keeps_its_rate_and_mixes(load: Load, tmp_path: Path) -> None:
    """Inputs come at their rate, of several kinds, whatever the answers are."""
    await load.run(1.0)
    assert await load.finish(20) == 0
    given = inputs(tmp_path)
    assert 25 < len(given) < 90
    assert {Kind.MAIL, Kind.FORM} <= {each.kind for each in given}
    assert len({each.op for each in given}) == len(given)


@pytest.mark.parametrize(
    ("item", "why"), [(b"{}", "KeyError"), (b"no JSON", "JSONDecodeError")], ids=["no version", "no JSON"]
)
async def test_client_that_crashes_is_a_finding(
    load: Load, web_desk: StandIn, tmp_path: Path, item: bytes, why: str
) -> None:
    """Its input would pass for unknown, which may be there or not; the crash is told."""
    load.threads.add(Thread("mk0000000001", "c@kunde.example", "C", "support@desk.example", number=7))
    web_desk.item = item
    load.give(Kind.CHANGE)
    assert await load.finish(20) == 0
    assert [each.outcome for each in inputs(tmp_path)] == [Outcome.UNKNOWN]
    (finding,) = load.crashed()
    assert finding.check in CHECKS
    assert finding.subject == "client of a change"
    assert finding.detail.startswith(why)


async def test_client_that_we_end_has_not_crashed(load: Load, web_desk: StandIn) -> None:
    """Who waits at the end is counted as waiting, and no more."""
    web_desk.refusals = 1000
    load.give(Kind.CREATE)
    assert await load.finish(0) == 1
    assert load.crashes == []


async def test_client_that_somebody_else_cancels_has_crashed(load: Load) -> None:
    """Not every CancelledError is ours."""

    class Cancelling(Web):
        async def api(self, *_: object, **__: object) -> None:
            raise asyncio.CancelledError

    load.web = Cancelling()
    load.give(Kind.CREATE)
    assert await load.finish(20) == 0
    await load.web.close()
    assert load.crashes == [("client of a create", "cancelled by somebody else")]


async def test_load_that_dies_under_work_is_a_finding(load: Load) -> None:
    """The work goes on to its end; that nothing was given meanwhile is told."""
    nobody: Any = None
    now = Session(desk=nobody, sink=nobody, load=load, web=load.web, faults=nobody, steps=nobody)
    load.rate = 0.0

    async def gave_up() -> bool:
        return all(task.get_name() != "the load" for task in asyncio.all_tasks())

    async def work() -> str:
        await eventually(gave_up, "the end of the load")
        return "done"

    assert await now.under_load(work()) == "done"
    (finding,) = load.crashed()
    assert finding.subject == "the load"
    assert finding.detail.startswith("ZeroDivisionError")


async def test_load_that_we_end_has_not_crashed(load: Load) -> None:
    """It would go on for a day; work that is done ends it."""
    nobody: Any = None
    now = Session(desk=nobody, sink=nobody, load=load, web=load.web, faults=nobody, steps=nobody)
    await now.under_load(asyncio.sleep(0))
    assert load.crashes == []


def test_outcome_is_what_the_client_knows() -> None:
    """One yes settles it; a no after an unanswered try leaves it open."""

    def after(*outcomes: Outcome) -> Outcome:
        return Input("mk", Kind.MAIL, {}, [Try(0, 1, outcome, None, "", "") for outcome in outcomes]).outcome

    assert after(Outcome.UNKNOWN, Outcome.OK, Outcome.UNKNOWN) is Outcome.OK
    assert after(Outcome.FAIL) is Outcome.FAIL
    assert after(Outcome.UNKNOWN, Outcome.FAIL) is Outcome.UNKNOWN
    assert after() is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("style", "headers", "to"),
    [
        ("header", {"In-Reply-To": "<9.x@desk.example>"}, "support@desk.example"),
        ("address", {"In-Reply-To": None}, "support+9.1.mac@desk.example"),
        ("number", {"In-Reply-To": None, "Subject": "Re: more [#9]"}, "support@desk.example"),
    ],
)
def test_customers_answer_as_mail_programs_do(style: str, headers: dict[str, str | None], to: str) -> None:
    """A thread learns from the desk's mail what its answer needs."""
    thread = Thread("mk0000000001", "c@kunde.example", "C", "support@desk.example")
    raw = first_mail(thread, "mk0000000001", seeded(1), html=True)
    assert thread.first_id == str(raw["Message-ID"])
    answer = (
        b"Subject: We received it [#9]\r\nMessage-ID: <9.x@desk.example>\r\n"
        b"Reply-To: Desk <support+9.1.mac@desk.example>\r\n\r\n"
        b"See http://127.0.0.1:8080/portal/requests/tok_en-1 please\r\n"
    )
    thread.received(SunkMail(0.0, "b@desk.example", ("c@kunde.example",), answer, "250"))
    assert (thread.number, thread.link) == (9, "/portal/requests/tok_en-1")
    message, address = reply_mail(thread, "mk0000000002", style)
    assert address == to
    for name, value in headers.items():
        assert message[name] == value


def test_reads_forms_and_links_as_a_browser_does() -> None:
    """Hidden fields come from the form; a link's host does not matter."""
    assert hidden_fields(FORM.decode()) == {"form_token": "t1"}
    assert path_of("http://desk.example/portal/requests/x?y=1") == "/portal/requests/x?y=1"


async def test_web_without_a_server_knows_nothing() -> None:
    """A client that reaches nobody does not know."""
    web = Web()
    assert await web.page(Place("http", 1), "/") is None
    assert (await web.post_form(Place("http", 1), "/", {})).outcome is Outcome.UNKNOWN
    await asyncio.wait_for(web.close(), PATIENCE_SECONDS)


@pytest.mark.parametrize(("thing", "name"), [(None, "getpeername"), ("a socket", "getpeername"), (None, "other")])
async def test_web_whose_connection_is_reset_at_once_knows_nothing(thing: object, name: str) -> None:
    """A connection that is gone before anybody looked at it is no answer; any other such error is a crash."""

    class Gone(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, request=request, text=str(getattr(thing, name)))

    class GoneWeb(Web):
        def transport(self, address: str, limits: httpx2.Limits) -> httpx2.AsyncBaseTransport:
            return Gone()

    web = GoneWeb()
    if (thing, name) == (None, "getpeername"):
        assert await web.page(Place("http", 1), "/") is None
    else:
        with pytest.raises(AttributeError, match=name):
            await web.page(Place("http", 1), "/")
    await web.close()
