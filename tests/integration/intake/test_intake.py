"""intake on a real Kafka and a real PostgreSQL: SMTP in, messages and receipts out, each mail once."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
import pytest_asyncio

from deploy.local.process import free_port
from services.intake.app import build
from services.intake.settings import IntakeSettings
from shared.contracts.answers import IntakeAnswered
from shared.contracts.envelope import Envelope
from shared.contracts.intake import (
    MessageAlsoReceived,
    MessageReceived,
    QuarantineChanged,
    ReceiptRecorded,
    ReplayQuarantined,
    TakeAsBareTicket,
)
from shared.contracts.state import MailboxState
from tests.integration.wire import Wire, service_settings
from tests.support.waiting import eventually


class Door:
    """The SMTP door of the service under test."""

    def __init__(self, wire: Wire, port: int) -> None:
        self.wire, self.port = wire, port

    async def send(self, raw: bytes, *recipients: str, sender: str = "marta@sorriso.example") -> str:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port)
        await client.connect()
        try:
            _, answer = await client.sendmail(sender, list(recipients), raw)
            return str(answer)
        finally:
            await client.quit()


@pytest_asyncio.fixture
async def door(kafka_bootstrap: str, topic_prefix: str, make_database: Any, tmp_path: Path) -> AsyncIterator[Door]:
    wire = Wire(kafka_bootstrap, topic_prefix)
    watch = ("intake-messages", "intake-events")
    await wire.start(
        "intake-raw", "intake-submissions", "intake-commands", "tickets-state", "intake-state", watch=watch
    )
    for key in ("support", "hardware"):
        mailbox = MailboxState(version=1, key=key, address=f"{key}@desk.example", label=key, type="request")
        await _tell(wire, mailbox)
    port = free_port()
    settings = service_settings(
        IntakeSettings,
        wire,
        await make_database("intake"),
        tmp_path,
        intake_smtp_port=port,
        intake_disk_reserve_bytes=0,
    )
    host = await build(settings)
    await host.start()
    await _until_open(port)
    await _until_known(host.pool)
    yield Door(wire, port)
    await host.stop()
    await wire.stop()


async def _tell(wire: Wire, mailbox: MailboxState) -> None:
    envelope = Envelope.model_validate(
        {
            "id": "00000000-0000-0000-0000-00000000000" + str(len(mailbox.key)),
            "type": "deskstream.state.mailbox.v1",
            "source": "/deskstream/tickets",
            "time": "2026-11-24T09:00:00Z",
            "subject": mailbox.state_key(),
            "correlationid": "00000000-0000-0000-0000-000000000001",
            "actor": "system:tickets",
        }
    )
    body = mailbox.model_dump_json().encode()
    await wire.send_raw("tickets-state", mailbox.state_key(), body, envelope.to_headers())


async def _until_open(port: int) -> None:
    async with asyncio.timeout(15):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


async def _until_known(pool: Any) -> None:
    async def known() -> bool:
        return bool(await pool.fetchval("select count(*) >= 2 from reference"))

    await eventually(known, "mailboxes and forms")


def mail(subject: str = "ONT reboots", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = "Marta <marta@sorriso.example>"
    message["To"] = "support@desk.example"
    message["Subject"] = subject
    message["Message-ID"] = "<first@sorriso.example>"
    message["Date"] = "Tue, 24 Nov 2026 09:12:00 +0000"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content("It reboots every 20 minutes.")
    return message.as_bytes()


async def test_accepted_mail_becomes_one_message_with_its_receipt(door: Door) -> None:
    """P1, B5: what was answered with 250 is a message and a row of the ledger."""
    answer = await door.send(mail(), "support@desk.example")
    body = (await door.wire.wait_for(MessageReceived))[0].body
    assert isinstance(body, MessageReceived)
    assert str(body.receipt_id) in answer
    assert body.subject == "ONT reboots"
    assert body.mailboxes == ("support",)
    assert body.sender.address == "marta@sorriso.example"
    receipt = (await door.wire.wait_for(ReceiptRecorded))[0].body
    assert isinstance(receipt, ReceiptRecorded)
    assert receipt.receipt.outcome == "accepted"


async def test_copies_over_two_connections_are_one_message(door: Door) -> None:
    """R4: three copies with other trace headers, two at once, and one by a second mailbox."""
    copies = [b"Received: from hop%d by mx; now\r\n" % n + mail() for n in range(3)]
    await asyncio.gather(*(door.send(copy, "support@desk.example") for copy in copies[:2]))
    await door.send(copies[2], "hardware@desk.example")
    await door.wire.wait_for(ReceiptRecorded, count=3)
    await door.wire.settle(0.5)
    assert len([m for m in door.wire.seen if isinstance(m.body, MessageReceived)]) == 1
    also = [m.body for m in door.wire.seen if isinstance(m.body, MessageAlsoReceived)]
    assert [a.mailbox for a in also if isinstance(a, MessageAlsoReceived)] == ["hardware"]
    outcomes = sorted(m.body.receipt.outcome for m in door.wire.seen if isinstance(m.body, ReceiptRecorded))
    assert outcomes == ["accepted", "also_received", "duplicate"]


async def test_every_mail_is_accounted_for(door: Door) -> None:
    """R3: of many mails, a third of them malformed, each ends in exactly one outcome; none delays the others."""
    broken = [
        b"no headers at all",
        b"",
        b"Subject: no from\r\n\r\nbody",
        b"From: \xff\xfe\r\nSubject: \xe9\xe9\r\n\r\n\xff",
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n",
        b"From: " + b"(" * 3000 + b"\r\n\r\nx",
        b"From: a@b.example\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xe9",
    ]
    good = [mail(f"good {n}", Message_ID=f"<good{n}@sorriso.example>") for n in range(20)]
    for raw in [*broken, *good]:
        await door.send(raw, "support@desk.example")
    await door.wire.wait_for(ReceiptRecorded, count=len(broken) + len(good), seconds=40)
    messages = [m for m in door.wire.seen if isinstance(m.body, MessageReceived)]
    quarantined = [m for m in door.wire.seen if isinstance(m.body, QuarantineChanged)]
    assert len(messages) + len(quarantined) == len(broken) + len(good)
    assert len([m for m in messages if getattr(m.body, "subject", "").startswith("good")]) == 20


async def test_foreign_domain_is_refused_and_unknown_mailbox_quarantined(door: Door) -> None:
    """The door takes mail for our domains only; to no mailbox of ours it is kept for staff."""
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await door.send(mail(), "someone@elsewhere.example")
    await door.send(mail(), "nobody@desk.example")
    changed = (await door.wire.wait_for(QuarantineChanged))[0].body
    assert isinstance(changed, QuarantineChanged)
    assert changed.quarantine.error_code == "unknown_mailbox"
    assert changed.quarantine.raw_blob


async def test_quarantined_mail_is_released_once(door: Door) -> None:
    """B7: replay that still fails is refused; taken as a bare ticket twice, it is one message."""
    await door.send(mail(), "nobody@desk.example")
    row = (await door.wire.wait_for(QuarantineChanged))[0].body
    assert isinstance(row, QuarantineChanged)
    key = str(row.quarantine.id)
    actor = "agent:00000000-0000-0000-0000-000000000001"
    replay = await door.wire.send(ReplayQuarantined(receipt_id=row.quarantine.id), key, actor=actor)
    refused = (await door.wire.wait_for(IntakeAnswered, lambda b: b.command_id == replay.id))[0].body
    assert isinstance(refused, IntakeAnswered)
    assert refused.code == "still_unreadable"
    for _ in range(2):
        await door.wire.send(TakeAsBareTicket(receipt_id=row.quarantine.id), key, actor=actor)
    await door.wire.wait_for(IntakeAnswered, count=3)
    await door.wire.settle(0.5)
    assert len([m for m in door.wire.seen if isinstance(m.body, MessageReceived)]) == 1
