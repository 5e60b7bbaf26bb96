"""intake on a real Kafka and a real PostgreSQL, with its doors open on a free port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiosmtplib
import asyncpg
import pytest_asyncio

from deploy.local.process import free_port
from services.intake.app import build
from services.intake.settings import IntakeSettings
from shared.contracts.envelope import Envelope
from shared.contracts.state import MailboxState
from shared.ids import derived_id, new_id
from shared.messaging.host import Host
from shared.reply_address import mint_bounce_address, mint_message_id
from tests.integration.wire import Wire, service_settings
from tests.support.waiting import eventually
from tests.unit.intake.desks import KEYS

TOPICS = ("intake-raw", "intake-submissions", "intake-commands", "tickets-setup", "intake-state")
WATCHED = ("intake-messages", "intake-events")
MAILBOXES = ("support", "hardware")
SENDER = "marta@sorriso.example"


class Desk:
    """A running intake: its wire, its doors, its database."""

    def __init__(self, wire: Wire, settings: IntakeSettings, host: Host) -> None:
        self.wire = wire
        self.port = settings.intake_smtp_port
        self.lmtp_port = settings.intake_lmtp_port
        self.host = host
        self.blobs = Path(settings.blob_url.removeprefix("file://"))

    async def send(self, raw: bytes, *recipients: str, sender: str = SENDER) -> str:
        """Deliver a mail by SMTP; the answer to the final dot."""
        return await send(self.port, raw, *recipients, sender=sender)

    async def ledger(self) -> dict[str, int]:
        """How many receipts ended how."""
        rows = await self.host.pool.fetch("select state->>'outcome' as outcome, count(*) as n from receipt group by 1")
        return {row["outcome"]: row["n"] for row in rows}


async def send(port: int, raw: bytes, *recipients: str, sender: str = SENDER) -> str:
    """Deliver a mail by SMTP, to support by default; the answer to the final dot."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, timeout=20)
    await client.connect()
    try:
        _, answer = await client.sendmail(sender, list(recipients or ("support@desk.example",)), raw)
        return str(answer)
    finally:
        client.close()


def verp() -> str:
    """An envelope sender of ours, of some delivery."""
    return mint_bounce_address(KEYS, new_id(), "desk.example")


def own_message_id(number: int = 1042) -> str:
    """A Message-ID of ours, of some message of an item."""
    return mint_message_id(KEYS, number, new_id(), "desk.example")


async def tell_mailbox(wire: Wire, key: str) -> None:
    """tickets says that a mailbox exists."""
    state = MailboxState(version=1, key=key, address=f"{key}@desk.example", label=key, type="request")
    identity = derived_id(KEYS_OWNER, key)
    envelope = Envelope.model_validate(
        {
            "id": identity,
            "type": "deskstream.state.mailbox.v1",
            "source": "/deskstream/tickets",
            "time": "2026-11-24T09:00:00Z",
            "subject": state.state_key(),
            "correlationid": identity,
            "actor": "system:tickets",
        }
    )
    await wire.send_raw("tickets-setup", state.state_key(), state.model_dump_json().encode(), envelope.to_headers())


KEYS_OWNER = new_id()


async def until_open(port: int) -> None:
    """Somebody listens on the port."""

    async def answers() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    await eventually(answers, f"port {port} is open")


async def until_known(pool: asyncpg.Pool, count: int) -> None:
    """intake knows so many mailboxes."""

    async def known() -> bool:
        return bool(await pool.fetchval("select count(*) from reference") >= count)

    await eventually(known, f"{count} mailboxes are known")


async def until_refusing(port: int) -> None:
    """The door knows whose mail it takes: a foreign domain is refused, no longer put off; or nobody is let in."""

    async def refuses() -> bool:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, timeout=20)
        await client.connect()
        try:
            await client.ehlo()
            await client.mail("")
            await client.rcpt("a@elsewhere.example")
        except aiosmtplib.SMTPRecipientRefused as refused:
            return refused.code == 550
        except aiosmtplib.SMTPSenderRefused:
            return True
        finally:
            client.close()
        return False

    await eventually(refuses, "the door knows its domains")


MakeDesk = Callable[..., Awaitable[Desk]]


@pytest_asyncio.fixture
async def make_desk(
    kafka_bootstrap: str, topic_prefix: str, make_database: Any, tmp_path: Path
) -> AsyncIterator[MakeDesk]:
    """`await make_desk(intake_disk_reserve_bytes=…)`: intake with these settings, knowing two mailboxes."""
    wire, hosts = Wire(kafka_bootstrap, topic_prefix), list[Host]()
    await wire.start(*TOPICS, watch=WATCHED)
    for key in MAILBOXES:
        await tell_mailbox(wire, key)
    url = await make_database("intake")

    async def make(**more: Any) -> Desk:
        told = {"intake_smtp_port": free_port(), "intake_disk_reserve_bytes": 0, "intake_sender_per_minute": 0}
        settings = service_settings(IntakeSettings, wire, url, tmp_path, **{**told, **more})
        host = await build(settings)
        hosts.append(host)
        await host.start()
        await until_open(settings.intake_smtp_port)
        await until_known(host.pool, len(MAILBOXES))
        await until_refusing(settings.intake_smtp_port)
        return Desk(wire, settings, host)

    yield make
    for host in hosts:
        await host.stop()
    await wire.stop()


@pytest_asyncio.fixture
async def desk(make_desk: MakeDesk) -> Desk:
    """intake as it comes."""
    return await make_desk()
