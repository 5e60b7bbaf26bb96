"""The sender: servers that hang, vanish or die in the middle, two replicas, and a sender that is killed."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.notifier import jobs
from services.notifier.repository import sql
from shared.contracts.notifier import DeliveryAttempted, DeliveryFailed, DeliverySent, SuppressionChanged
from shared.contracts.state import DeliveryState
from shared.ids import new_id
from shared.postgres.lease import LEASE_SECONDS, RENEW_SECONDS
from tests.integration.notifier.conftest import Start
from tests.integration.notifier.sink import Received, Sink
from tests.integration.notifier.test_notifier import bounce
from tests.integration.service_process import KILLED, ServiceProcess
from tests.integration.wire import Wire
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.unit.notifier.builders import added, item, person

MARTA = "marta@cliente.example"


def slow_for_marta(sink: Sink) -> asyncio.Event:
    """The server takes mails to Marta once the event is set, all others at once."""
    release = asyncio.Event()

    async def behave(mail: Received) -> str:
        if mail.recipient == MARTA:
            await release.wait()
        return "250 taken"

    sink.behave = behave
    return release


async def ask(wire: Wire, address: str = MARTA) -> None:
    """A public message that one person hears of."""
    of = item(requester=person(address))
    await wire.send(added(of), str(of.id))


async def sent_to(wire: Wire, address: str = MARTA) -> DeliveryState:
    found = await wire.wait_for(DeliverySent, lambda b: b.delivery.recipient.address == address)
    body = found[0].body
    assert isinstance(body, DeliverySent)
    return body.delivery


async def expire_leases(database: str) -> None:
    """As if the lease time had passed: its length is no business of a test."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("update delivery set leased_until = now() - interval '1 second'")
    finally:
        await connection.close()


async def leased(database: str) -> list[Any]:
    connection = await asyncpg.connect(database)
    try:
        return list(
            await connection.fetch(
                "select id, leased_by, extract(epoch from leased_until - now())::float as left_seconds from delivery"
                " where leased_by is not null"
            )
        )
    finally:
        await connection.close()


async def test_two_replicas_send_each_mail_once(wire: Wire, sink: Sink, start: Start) -> None:
    """P29, S4: forty mails, two senders on one queue: forty mails at the server, none twice."""
    await start(replica="1")
    await start(replica="2")
    addresses = [f"p{n}@cliente.example" for n in range(40)]
    for address in addresses:
        await ask(wire, address)
    await wire.wait_for(DeliverySent, count=40)
    await wire.settle()
    assert sorted(mail.recipient for mail in sink.given) == sorted(addresses)


async def test_server_that_is_away_is_waited_for(wire: Wire, sink: Sink, start: Start) -> None:
    """R6, S9: the mail server is away: attempts are shown; once it is back all go out, once, without a long wait."""
    await sink.stop()
    await start()
    addresses = [f"p{n}@cliente.example" for n in range(5)]
    for address in addresses:
        await ask(wire, address)
    tried = await wire.wait_for(DeliveryAttempted, lambda b: len(b.delivery.attempts) >= 3, count=5)
    assert all("cannot be reached" in m.body.delivery.reason for m in tried)  # type: ignore[attr-defined]
    await sink.start()
    await wire.wait_for(DeliverySent, count=5)
    await wire.settle()
    assert sorted(mail.recipient for mail in sink.given) == addresses


async def test_slow_server_is_not_sent_twice(wire: Wire, sink: Sink, start: Start, database: str) -> None:
    """The lease is renewed while the sender lives: a server that takes long gets one mail, other mails go on."""
    release = slow_for_marta(sink)
    await start(replica="1")
    await start(replica="2")
    await ask(wire)
    await eventually(lambda: given(sink, MARTA), "the slow mail at the server")
    for n in range(12):
        await ask(wire, f"p{n}@cliente.example")
    await wire.wait_for(DeliverySent, count=12)
    before = (await leased(database))[0]

    async def renewed() -> bool:
        rows = await leased(database)
        return bool(rows) and rows[0]["left_seconds"] > before["left_seconds"]

    await eventually(renewed, "the lease's renewal")
    assert (await leased(database))[0]["leased_by"] == before["leased_by"]
    release.set()
    assert [a.outcome for a in (await sent_to(wire)).attempts] == ["sent"]
    assert len(sink.to(MARTA)) == 1


async def given(sink: Sink, address: str) -> list[Received]:
    return sink.to(address)


async def test_lost_answer_is_unknown_and_sent_again_under_the_same_id(wire: Wire, sink: Sink, start: Start) -> None:
    """S4: a server that hangs after the final dot: the attempt is *unknown*, the mail goes again, recognisably."""
    calls: list[Received] = []

    async def behave(mail: Received) -> str:
        calls.append(mail)
        if len(calls) == 1:
            await asyncio.Event().wait()
        return "250 taken"

    sink.behave = behave
    await start(notifier_answer_seconds=1)
    await ask(wire)
    delivery = await sent_to(wire)
    assert [a.outcome for a in delivery.attempts] == ["unknown", "sent"]
    assert len(sink.to(MARTA)) == 2
    assert {mail.message_id for mail in sink.to(MARTA)} == {f"<{delivery.rfc_message_id}>"}


@pytest.mark.parametrize(
    ("place", "copies"), [("sender.before_data", 1), ("sender.after_data", 2), ("sender.before_commit", 2)]
)
async def test_killed_sender_sends_again_under_the_same_id(
    wire: Wire, sink: Sink, database: str, tmp_path: Path, place: str, copies: int
) -> None:
    """B8: kill -9 around DATA, before the commit: nothing is lost; what may be out is *unknown*, and keeps its id."""
    await ask(wire)
    doomed = ServiceProcess("notifier", wire, database, tmp_path, smtp_url=sink.url, crash_at=f"{place}:1")
    try:
        await eventually(lambda: ended(doomed), "the death at the crash point")
        assert doomed.process.returncode == KILLED
    finally:
        doomed.stop()
    assert len(await leased(database)) == 1, "whoever died left its lease"
    await expire_leases(database)
    healed = ServiceProcess("notifier", wire, database, tmp_path, smtp_url=sink.url)
    try:
        delivery = await sent_to(wire)
    finally:
        healed.stop()
    assert [a.outcome for a in delivery.attempts] == ["unknown", "sent"]
    assert len(sink.to(MARTA)) == copies
    assert {mail.message_id for mail in sink.to(MARTA)} == {f"<{delivery.rfc_message_id}>"}


async def ended(service: ServiceProcess) -> bool:
    return service.process.poll() is not None


async def test_killed_between_commit_and_offset_it_queues_once(
    wire: Wire, sink: Sink, database: str, tmp_path: Path
) -> None:
    """STYLE 17: kill -9 after the commit, before the offset: after the restart there is one delivery, and one mail."""
    await ask(wire)
    # The sender is kept away from its server, so that the one kill hits the consumer and nothing else.
    doomed = ServiceProcess(
        "notifier", wire, database, tmp_path, smtp_url="smtp://127.0.0.1:9", crash_at="consumer.notifier.after_commit:1"
    )
    try:
        await eventually(lambda: ended(doomed), "the death at the crash point")
        assert doomed.process.returncode == KILLED
    finally:
        doomed.stop()
    await expire_leases(database)
    healed = ServiceProcess("notifier", wire, database, tmp_path, smtp_url=sink.url)
    try:
        await sent_to(wire)
        await ask(wire, "after@cliente.example")
        await sent_to(wire, "after@cliente.example")
    finally:
        healed.stop()
    assert len(sink.given) == 2


async def test_sender_that_lost_its_lease_records_nothing(wire: Wire, sink: Sink, start: Start, database: str) -> None:
    """S4: a sender that was stopped for long finds its lease gone; the other's result stands, under one id."""
    held: list[asyncio.Event] = []

    async def behave(_: Received) -> str:
        held.append(asyncio.Event())
        if len(held) == 1:
            await held[0].wait()
        return "250 taken"

    sink.behave = behave
    await start(replica="1")
    await ask(wire)
    await eventually(lambda: given(sink, MARTA), "the first mail at the server")
    connection = await asyncpg.connect(database)
    try:
        # What a stop of the whole process longer than the lease comes to: nobody renews, and another one takes over.
        await connection.execute("update delivery set leased_by = 'a-stopped-one', leased_until = now()")
    finally:
        await connection.close()
    delivery = await sent_to(wire)
    held[0].set()
    await wire.settle()
    sent = [m for m in wire.seen if isinstance(m.body, DeliverySent)]
    assert len(sent) == 1
    assert [a.outcome for a in delivery.attempts] == ["unknown", "sent"]
    assert len({mail.message_id for mail in sink.to(MARTA)}) == 1


async def test_sender_does_not_take_its_own_mail_again(wire: Wire, sink: Sink, start: Start, database: str) -> None:
    """S4: its lease ended, as when a machine stands still for long, while the mail was on its way: it goes out once."""
    release = slow_for_marta(sink)
    await start()
    await ask(wire)
    await eventually(lambda: given(sink, MARTA), "the mail at the server")
    for n in range(3):
        await expire_leases(database)
        await ask(wire, f"p{n}@cliente.example")
        await sent_to(wire, f"p{n}@cliente.example")
    release.set()
    assert [a.outcome for a in (await sent_to(wire)).attempts] == ["sent"]
    assert len(sink.to(MARTA)) == 1


async def test_report_that_comes_while_sending_is_not_overwritten(
    wire: Wire, sink: Sink, start: Start, database: str
) -> None:
    """R6: an attempt is recorded on the delivery as it is by then; a report leaves the attempt its lease."""
    release = asyncio.Event()

    async def behave(_: Received) -> str:
        await release.wait()
        return "250 taken"

    sink.behave = behave
    await start()
    await ask(wire)
    await eventually(lambda: given(sink, MARTA), "the mail at the server")
    row = (await leased(database))[0]
    report = bounce(delivery_id=row["id"], hard=True)
    await wire.send(report, str(new_id()))
    await wire.wait_for(SuppressionChanged)
    assert (await leased(database))[0]["leased_by"] == row["leased_by"]
    release.set()
    recorded = await wire.wait_for(DeliveryFailed, lambda b: [a.outcome for a in b.delivery.attempts] == ["sent"])
    assert recorded[0].body.delivery.status == "failed"  # type: ignore[attr-defined] # a DeliveryFailed
    assert await leased(database) == []


async def test_connection_that_the_server_closed_is_made_anew(wire: Wire, sink: Sink, start: Start) -> None:
    """R6: a server that closes idle connections costs no attempt."""
    await start(notifier_senders=1)
    await ask(wire)
    await sent_to(wire)
    await sink.stop(closing=True)
    await sink.start()
    await ask(wire, "second@cliente.example")
    delivery = await sent_to(wire, "second@cliente.example")
    assert [a.outcome for a in delivery.attempts] == ["sent"]


async def held_at(sink: Sink, count: int) -> asyncio.Event:
    """So many mails will be at the server, none of them answered, until the event is set."""
    release = asyncio.Event()

    async def behave(_: Received) -> str:
        if len(sink.given) >= count:
            release.set()
        await release.wait()
        return "250 taken"

    sink.behave = behave
    return release


async def test_answers_of_many_mails_are_recorded_together(wire: Wire, sink: Sink, start: Start, database: str) -> None:
    """What comes at the same time is one transaction, not one a mail; each mail is told as sent, once."""
    await held_at(sink, 8)
    await start()
    for n in range(8):
        await ask(wire, f"p{n}@cliente.example")
    await wire.wait_for(DeliverySent, count=8)
    connection = await asyncpg.connect(database)
    try:
        written = await connection.fetch("select xmin::text as by, status, leased_by from delivery")
    finally:
        await connection.close()
    assert {(row["status"], row["leased_by"]) for row in written} == {("sent", None)}
    assert len({row["by"] for row in written}) < 8
    await wire.settle()
    assert len(sink.given) == 8


async def test_answer_that_cannot_be_recorded_costs_no_other(
    wire: Wire, sink: Sink, start: Start, database: str
) -> None:
    """One whose row the database does not take: the others are recorded; its mail is *unknown* to the next sender."""
    await held_at(sink, 3)
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "alter table delivery add constraint bad check"
            f" (status <> 'sent' or state->'recipient'->>'address' <> '{MARTA}')"
        )
        await start()
        for address in ("p1@cliente.example", MARTA, "p2@cliente.example"):
            await ask(wire, address)
        await sent_to(wire, "p1@cliente.example")
        await sent_to(wire, "p2@cliente.example")
        await connection.execute("alter table delivery drop constraint bad")
    finally:
        await connection.close()
    await expire_leases(database)
    assert [a.outcome for a in (await sent_to(wire)).attempts] == ["unknown", "sent"]
    assert len(sink.given) == 4


def test_leases_are_as_promised() -> None:
    """Leases of fifteen seconds, renewed every five."""
    assert (LEASE_SECONDS, RENEW_SECONDS) == (15, 5)


async def test_leases_that_nobody_renews_end_the_process(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in renewing is not passed over: without its lease a mail in hand would be sent by another, too."""
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(sql, "renew", "no statement at all")
    host = await start()
    await asyncio.wait_for(host.failed.wait(), PATIENCE_SECONDS)
