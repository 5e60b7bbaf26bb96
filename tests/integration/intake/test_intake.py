"""SMTP in, messages and receipts out, each mail once: on real servers."""

import asyncio
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

from deploy.local.process import free_port
from services.intake.app import build
from services.intake.settings import IntakeSettings
from shared.contracts.intake import (
    BounceReceived,
    MessageAlsoReceived,
    MessageReceived,
    QuarantineChanged,
    ReceiptRecorded,
)
from shared.contracts.state import ReceiptState
from tests.integration.intake.conftest import (
    MAILBOXES,
    TOPICS,
    WATCHED,
    Desk,
    own_message_id,
    send,
    tell_mailbox,
    until_open,
    verp,
)
from tests.integration.wire import Wire, service_settings
from tests.support.waiting import eventually
from tests.unit.intake.mails import mail
from tests.unit.intake.reports import FULL, GONE, dsn, texts

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mails"


def receipts(desk: Desk) -> list[ReceiptState]:
    """The newest state of each receipt that was told."""
    told = [m.body.receipt for m in desk.wire.seen if isinstance(m.body, ReceiptRecorded)]
    return list({receipt.id: receipt for receipt in sorted(told, key=lambda r: r.version)}.values())


def messages(desk: Desk) -> list[MessageReceived]:
    """Every message that was told, each once."""
    return list({m.envelope.id: m.body for m in desk.wire.seen if isinstance(m.body, MessageReceived)}.values())


async def test_accepted_mail_becomes_one_message_with_its_receipt(desk: Desk) -> None:
    """P1, B5: what was answered with 250 is a message and a row of the ledger, under one correlation id."""
    answer = await desk.send(mail())
    found = (await desk.wire.wait_for(MessageReceived))[0]
    body = found.body
    assert isinstance(body, MessageReceived)
    assert str(body.receipt_id) in answer
    assert (body.subject, body.mailboxes, body.text) == ("ONT reboots", ("support",), "It reboots.")
    assert body.sender.address == "marta@sorriso.example"
    assert found.envelope.correlationid == body.receipt_id
    assert found.envelope.accepted_at == body.accepted_at
    assert (found.envelope.traceparent or "").startswith(f"00-{body.receipt_id.hex}-"), "its trace begins at the door"
    await desk.wire.wait_for(ReceiptRecorded)
    assert [receipt.outcome for receipt in receipts(desk)] == ["accepted"]


async def test_mail_of_the_first_seconds_waits_for_the_mailboxes(
    kafka_bootstrap: str, topic_prefix: str, make_database: Any, tmp_path: Path
) -> None:
    """A new desk takes mail before it has heard of its mailboxes; it is judged once it has, and is in no quarantine."""
    wire, port = Wire(kafka_bootstrap, topic_prefix), free_port()
    await wire.start(*TOPICS, watch=WATCHED)
    url = await make_database("intake")
    host = await build(
        service_settings(IntakeSettings, wire, url, tmp_path, intake_smtp_port=port, intake_disk_reserve_bytes=0)
    )
    await host.start()
    try:
        await until_open(port)
        await send(port, mail())
        await eventually(_is_put_off, "intake has put the mail off")
        for key in MAILBOXES:
            await tell_mailbox(wire, key)
        body = (await wire.wait_for(MessageReceived))[0].body
        assert isinstance(body, MessageReceived)
        assert body.mailboxes == ("support",)
        await wire.settle(0.5)
        assert not [m for m in wire.seen if isinstance(m.body, QuarantineChanged)]
    finally:
        await host.stop()
        await wire.stop()


async def _is_put_off() -> bool:
    labels = {"consumer": "intake", "topic": "intake-raw", "outcome": "retry"}
    return bool(REGISTRY.get_sample_value("deskstream_messages_consumed_total", labels))


async def test_copies_over_two_connections_are_one_message(desk: Desk) -> None:
    """R4: three copies with other trace headers, two at once, and one by a second mailbox."""
    copies = [b"Received: from hop%d by mx; now\r\n" % n + mail() for n in range(3)]
    await asyncio.gather(*(desk.send(copy) for copy in copies[:2]))
    await desk.send(copies[2], "hardware@desk.example")
    await desk.wire.wait_for(ReceiptRecorded, count=3)
    await desk.wire.settle(0.5)
    assert len(messages(desk)) == 1
    also = [m.body.mailbox for m in desk.wire.seen if isinstance(m.body, MessageAlsoReceived)]
    assert also == ["hardware"]
    assert sorted(receipt.outcome for receipt in receipts(desk)) == ["accepted", "also_received", "duplicate"]


async def test_one_mail_to_both_mailboxes_lists_both(desk: Desk) -> None:
    """R4: To and Cc of two mailboxes in one delivery is one message with both."""
    await desk.send(mail("x", "Cc: hardware@desk.example"), "support@desk.example", "hardware@desk.example")
    await desk.wire.wait_for(MessageReceived)
    assert [message.mailboxes for message in messages(desk)] == [("support", "hardware")]


async def test_ledger_sums_to_what_the_doors_took(desk: Desk) -> None:
    """R3, B5: of every fixture, doubles, bounces, unknown mailboxes and rubbish each ends in exactly one outcome."""
    fixtures = [path.read_bytes() for path in sorted(FIXTURES.glob("*.eml"))]
    verped, own = verp(), own_message_id()
    about_ours = dsn(FULL).replace(b"1042.aaaa@desk.example", own.encode())
    rubbish = (
        b"no headers at all\r\n",
        b"\r\n",
        b"From: \xff\xfe\r\n\r\n\xff\x00\xed\xa0\x80",
        b"From: " + b"(" * 3_000 + b"\r\n\r\nx",
    )
    for raw in [*fixtures, *fixtures[:5], *rubbish]:
        await desk.send(raw)
    await desk.send(dsn(GONE), verped, sender="")
    await desk.send(about_ours, sender="")
    await desk.send(mail("lost"), "nobody@desk.example")
    sent = len(fixtures) + 5 + len(rubbish) + 3
    await desk.wire.wait_for(ReceiptRecorded, count=sent)
    await desk.wire.settle(0.5)
    ledger = await desk.ledger()
    assert sum(ledger.values()) == sent
    assert ledger["duplicate"] == 5
    assert ledger["bounce"] == 2
    assert ledger["accepted"] == len(messages(desk))
    assert ledger["quarantined"] == len([m for m in desk.wire.seen if isinstance(m.body, QuarantineChanged)])
    assert set(ledger) == {"accepted", "duplicate", "bounce", "quarantined"}
    assert await desk.host.pool.fetchval("select count(*) from outbox where topic like '%.dead'") == 0


async def test_report_about_a_mail_of_ours_is_no_message(desk: Desk) -> None:
    """R5: to our envelope sender or about our Message-ID it names delivery, recipients, hard or soft; nothing else."""
    await desk.send(texts(GONE)["exim"], verp(), sender="")
    found = (await desk.wire.wait_for(BounceReceived))[0].body
    assert isinstance(found, BounceReceived)
    assert found.delivery_id is not None
    assert [(one.recipient, one.hard) for one in found.recipients] == [("ana@gone.example", True)]
    await desk.wire.wait_for(ReceiptRecorded)
    await desk.wire.settle(0.5)
    assert messages(desk) == []
    assert [receipt.outcome for receipt in receipts(desk)] == ["bounce"]


async def test_automatic_mail_is_a_message_that_says_so(desk: Desk) -> None:
    """R5: somebody else's report, a vacation reply, the null sender: stored, marked, never answered by machine."""
    await desk.send(dsn(GONE), sender="")
    await desk.send(mail("away", "Auto-Submitted: auto-replied"), verp(), sender="")
    await desk.send(mail("from nowhere"), sender="")
    await desk.wire.wait_for(MessageReceived, count=3)
    assert {message.automatic for message in messages(desk)} == {"bounce", "auto_reply"}


async def test_nothing_that_a_database_refuses_gets_there(desk: Desk) -> None:
    """NUL, lone surrogates and broken UTF-8 in every place of a mail end as a message, not as a dead letter."""
    raw = (
        b"From: \x00\xed\xa0\x80 <marta@sorriso.example>\r\nTo: support@desk.example\r\n"
        b"Subject: \x00=?utf-8?q?=00=ED=A0=80?= x\r\nMessage-ID: <\x00a@b>\r\nReferences: <\x00\xed\xa0\x80@b>\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>a\x00b&#0;&#xd800;</p>\r\n"
        b'--b\r\nContent-Type: a/b; name="\x00\xed\xb0\x80.txt"\r\nContent-ID: <\x00>\r\n\r\n\x00\r\n--b--\r\n'
    )
    await desk.send(raw)
    await desk.send(b"\x00\xed\xa0\x80" + raw, "nobody@desk.example")
    await desk.wire.wait_for(ReceiptRecorded, count=2)
    assert await desk.ledger() == {"accepted": 1, "quarantined": 1}


async def test_large_mail_goes_by_the_blob_store(desk: Desk) -> None:
    """Over half a mebibyte the record holds a key; the message has its words and its file byte for byte."""
    file = "Content-Type: text/csv; name=a.csv\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    content = b"0123456789,\r\n" * 60_000
    header = "Content-Type: multipart/mixed; boundary=b"
    body = b"--b\r\n\r\nsee the file\r\n--b\r\n" + file.encode() + content + b"\r\n--b--\r\n"
    await desk.send(mail(body, header))
    message = (await desk.wire.wait_for(MessageReceived))[0].body
    assert isinstance(message, MessageReceived)
    assert message.text == "see the file"
    assert (desk.blobs / message.attachments[0].blob_key).read_bytes() == content


async def test_long_text_is_clipped_in_the_record_and_whole_in_the_store(desk: Desk) -> None:
    """A record stays under 256 KiB; the whole words lie beside it."""
    await desk.send(mail("Olá. " * 60_000, "Content-Type: text/plain; charset=utf-8"))
    message = (await desk.wire.wait_for(MessageReceived))[0].body
    assert isinstance(message, MessageReceived)
    assert message.body_blob is not None
    assert len(message.model_dump_json().encode()) < 256 * 1024
    assert (desk.blobs / message.body_blob).read_text().count("Olá.") == 60_000
