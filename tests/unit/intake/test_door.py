"""What a door answers, without a socket: each command with the connection that aiosmtpd would give it."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import uvloop
from aiosmtpd.smtp import Envelope as SmtpEnvelope

from services.intake.domain.pace import SENDERS_KEPT, SenderPace
from services.intake.routes.smtp import Crowd, Domains, Door, DoorRules, SmtpConnection
from services.intake.use_cases.accept_mail import IN_RECORD_BYTES, Delivery, accept_mail
from shared.contracts.envelope import Envelope, Headers
from shared.errors import TransientError
from tests.support.waiting import eventually
from tests.unit.intake.desks import NOW
from tests.unit.intake.mails import mail

SERVER: Any = SimpleNamespace(door_name="smtp")
SESSION: Any = SimpleNamespace()


class FakeLog:
    """Keeps what was produced, or is away."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.records: list[tuple[str, str, bytes, Headers]] = []

    async def produce(self, topic: str, key: str, value: bytes, headers: Headers, timeout_seconds: float = 3) -> None:
        if self.away:
            raise TransientError("the broker is away")
        self.records.append((topic, key, value, headers))


class FakeBlobs:
    """Keeps blobs in memory, or is full."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.kept: dict[str, bytes] = {}

    async def put(self, owner: UUID, content: bytes) -> str:
        if self.full:
            raise TransientError("no space")
        self.kept[f"{owner}/x"] = content
        return f"{owner}/x"

    async def get(self, key: str) -> bytes:
        return self.kept[key]


def door(log: FakeLog, blobs: FakeBlobs, *, known: bool = True, space: bool = True, pace: int = 0) -> Door:
    domains = Domains(frozenset({"desk.example", "xn--bcher-kva.example"}), known=known)
    return Door(log=log, blobs=blobs, clock=lambda: NOW, rules=DoorRules(lambda: domains, lambda: space, pace))


async def deliver(at: Door, content: bytes, *recipients: str, sender: str = "a@b.example") -> str:
    """The answer to the final dot, or the first refusal before it."""
    smtp = SmtpEnvelope()
    SimpleNamespace()
    answer = await at.handle_MAIL(SERVER, SESSION, smtp, sender, [])
    for recipient in recipients or ("support@desk.example",):
        if answer.startswith("250"):
            answer = await at.handle_RCPT(SERVER, SESSION, smtp, recipient, [])
    if not answer.startswith("250"):
        return answer
    smtp.original_content = content
    return await at.handle_DATA(SERVER, SESSION, smtp)


async def test_yes_means_on_the_log_as_it_came() -> None:
    """B6: the octets are the record's value, the SMTP envelope its headers, and the answer names the receipt."""
    log = FakeLog()
    answer = await deliver(door(log, FakeBlobs()), mail(), "Support@Desk.example.")
    topic, key, value, headers = log.records[0]
    assert (topic, key, value) == ("intake-raw", "first@sorriso.example", mail())
    assert dict(headers)["ds_rcpt_to"] == b'["Support@Desk.example."]'
    assert dict(headers)["ds_mail_from"] == b"a@b.example"
    assert answer == f"250 2.0.0 OK {Envelope.from_headers(headers).id}"


async def test_large_mail_lies_in_the_blob_store_first() -> None:
    """Over half a mebibyte the record holds the key alone."""
    log, blobs = FakeLog(), FakeBlobs()
    content = mail("x" * IN_RECORD_BYTES)
    await deliver(door(log, blobs), content)
    _, _, value, headers = log.records[0]
    assert value == b""
    assert blobs.kept[dict(headers)["ds_blob_key"].decode()] == content


@pytest.mark.parametrize("log", [FakeLog(away=True), FakeLog()])
async def test_servers_of_ours_that_are_away_put_mail_off(log: FakeLog) -> None:
    """B6: broker or blob store away is a temporary answer, and nothing is said to be taken."""
    answer = await deliver(door(log, FakeBlobs(full=True)), mail("x" * IN_RECORD_BYTES))
    assert answer.startswith("451 4.3.0")
    assert log.records == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (mail().replace(b"\r\n", b"\n", 1), "554 5.6.0"),
        (b"Received: x\r\n" * 101 + mail(), "554 5.4.6"),
        (b"Received: x\r\n" * 100 + mail(), "250 2.0.0"),
    ],
)
async def test_mail_that_smuggles_or_circles_is_refused(content: bytes, code: str) -> None:
    """Bare LF is how mails are smuggled; over a hundred hops a mail goes round in circles (RFC 5321 §6.3)."""
    assert (await deliver(door(FakeLog(), FakeBlobs()), content)).startswith(code)


@pytest.mark.parametrize(
    ("recipient", "known", "code"),
    [
        ("a@elsewhere.example", True, "550 5.7.1"),
        ("a@elsewhere.example", False, "451 4.3.0"),
        ("anything@desk.example", True, "250"),
        ("a@bücher.example", True, "250"),
        ("postmaster", True, "250"),
        ("nobody", True, "550"),
    ],
)
async def test_mail_is_taken_for_our_domains_only(recipient: str, known: bool, code: str) -> None:
    """A foreign domain is refused once we know ours, put off before; an unknown local part is taken."""
    assert (await deliver(door(FakeLog(), FakeBlobs(), known=known), mail(), recipient)).startswith(code)


async def test_no_room_one_sender_too_fast_too_many_recipients_and_closing() -> None:
    """Each has its own temporary answer, so that the sender keeps the mail."""
    full = door(FakeLog(), FakeBlobs(), space=False)
    assert (await deliver(full, mail())).startswith("452 4.3.1")
    paced = door(FakeLog(), FakeBlobs(), pace=2)
    answers = [await deliver(paced, mail(), sender="A@b.example") for _ in range(3)]
    assert [answer[:3] for answer in answers] == ["250", "250", "451"]
    assert (await deliver(paced, mail(), sender="other@b.example")).startswith("250")
    many = [f"a{n}@desk.example" for n in range(101)]
    assert (await deliver(door(FakeLog(), FakeBlobs()), mail(), *many)).startswith("452 4.5.3")
    closing = door(FakeLog(), FakeBlobs())
    closing.closing = True
    assert (await deliver(closing, mail())).startswith("421")


async def test_whatever_goes_wrong_inside_keeps_the_mail_with_its_sender() -> None:
    """An error of ours is never a refusal."""
    assert (await door(FakeLog(), FakeBlobs()).handle_exception(RuntimeError("x"))).startswith("451")


async def test_conversation_stays_together_on_the_log() -> None:
    """The key is the first reference, else what it answers, else its own id, else its hash."""
    log = FakeLog()
    for raw in (mail("x", "References: <root@x> <last@x>", "In-Reply-To: <last@x>"), mail("x", "In-Reply-To: <last@x>"),
                mail(), b"no headers"):  # fmt: skip
        await accept_mail(log, FakeBlobs(), Delivery("smtp", "", (), raw), NOW)
    keys = [key for _, key, _, _ in log.records]
    assert keys[:3] == ["root@x", "last@x", "first@sorriso.example"]
    assert len(keys[3]) == 64


def test_pace_forgets_after_a_minute_and_never_grows_without_end() -> None:
    """One sender may write so many mails a minute; the null sender and no cap are free."""
    pace = SenderPace(2)
    assert [pace.allows("a@b", seconds) for seconds in (0, 1, 2, 61)] == [True, True, False, True]
    assert all(pace.allows("", 0) for _ in range(5))
    assert all(SenderPace(0).allows("a", 0) for _ in range(5))
    for n in range(SENDERS_KEPT * 2):
        pace.allows(f"{n}@b", 100)
    assert len(pace._sent) <= SENDERS_KEPT  # noqa: SLF001 - the bound is the point


async def _idle_connection_is_closed() -> bytes:
    """What an idle client hears when its connection is closed, to the end."""
    server_side = list[SmtpConnection]()

    def connect() -> SmtpConnection:
        server_side.append(SmtpConnection(door(FakeLog(), FakeBlobs()), Crowd(10, 1.0, 10**6), hostname="desk.example"))
        return server_side[0]

    server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    assert (await reader.readline()).startswith(b"220")
    assert server_side[0].close_idle()
    heard = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    server.close()
    return heard


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_idle_connection_is_told_and_closed_on_the_loop_that_services_run(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """A door that closes says 421 at once to whoever has no mail on its way, under uvloop too."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(_idle_connection_is_closed()).startswith(b"421 ")


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("piece", [1, 7, 10**6])
def test_sender_that_waits_for_nothing_is_served(new_loop: Callable[[], asyncio.AbstractEventLoop], piece: int) -> None:
    """Two mails and a goodbye in one breath, or octet by octet: both are on the log as they came, all are answered."""
    first, second = mail(".begins with a dot\r\n.\r\nis not over") + b"\r\n", mail("second") + b"\r\n"
    mails = b"".join(
        b"MAIL FROM:<a@b.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n"
        + each.replace(b"\r\n.", b"\r\n..")
        + b".\r\n"
        for each in (first, second)
    )
    said = b"EHLO a\r\n" + mails + b"QUIT\r\n"
    log = FakeLog()

    async def talk() -> list[bytes]:
        server = await asyncio.get_running_loop().create_server(
            lambda: SmtpConnection(door(log, FakeBlobs()), Crowd(10, 1.0, 10**9), hostname="desk.example"),
            "127.0.0.1",
            0,
        )
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for at in range(0, len(said), piece):
            writer.write(said[at : at + piece])
            await asyncio.sleep(0)
        heard = await reader.read()
        writer.close()
        server.close()
        return [line[:3] for line in heard.splitlines() if line[3:4] == b" "]

    with asyncio.Runner(loop_factory=new_loop) as runner:
        codes = runner.run(talk())
    assert codes == [b"220", b"250", *[b"250", b"250", b"354", b"250"] * 2, b"221"]
    assert [value for _, _, value, _ in log.records] == [first, second]


async def test_mail_that_is_cut_off_leaves_nothing_behind() -> None:
    """What came of it is let go at once: not when the collector comes round, which rests while batches are handled."""
    crowd = Crowd(10, 1.0, 10**9)
    server = await asyncio.get_running_loop().create_server(
        lambda: SmtpConnection(door(FakeLog(), FakeBlobs()), crowd, hostname="desk.example"), "127.0.0.1", 0
    )
    begun = b"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n"
    line = b"x" * 76 + b"\r\n"

    async def cut_off() -> None:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(begun)
        while not (await reader.readline()).startswith(b"354"):
            continue
        writer.write(line * 20_000)
        await eventually(lambda: _is(crowd.held_bytes == 20_000 * len(line)), "the mail's beginning to be held")
        writer.transport.abort()
        await eventually(lambda: _is(not crowd.open), "the connection to be gone")

    await cut_off()
    gc.disable()
    tracemalloc.start()
    try:
        await cut_off()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
        server.close()
    assert held < 20_000 * len(line) / 2


async def _is(found: bool) -> bool:
    return found
