"""intake dies in every gap between the sender's dot and the committed offset: no mail is lost, none is doubled."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosmtplib
import asyncpg
import pytest

from deploy.local.process import free_port
from shared.contracts.intake import MessageReceived
from tests.integration.intake.conftest import MAILBOXES, TOPICS, WATCHED, send, tell_mailbox, until_known, until_open
from tests.integration.service_process import KILLED, ServiceProcess
from tests.integration.wire import Wire
from tests.support.waiting import eventually
from tests.unit.intake.mails import mail

MAILS = 6
DOOR = ("door.before_store", "door.after_store", "door.before_answer", "door.after_answer")
BEHIND = ("consumer.intake.before_commit", "consumer.intake.after_commit", "consumer.intake.after_offsets")
RELAY = ("relay.after_answer", "relay.after_delete")
#: A door that lives may be too busy to take a mail just now.
PUT_OFF = (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused)
#: What a sender meets when the other side is gone in the middle.
LOST = (aiosmtplib.SMTPException, OSError, asyncio.IncompleteReadError)


class Keeper:
    """Runs intake as a process; when it has died at its place, starts it again without one."""

    def __init__(self, wire: Wire, url: str, folder: Path) -> None:
        self.port = free_port()
        self._about = (wire, url, folder)
        self._settings: dict[str, Any] = {
            "intake_smtp_port": str(self.port),
            "intake_disk_reserve_bytes": "0",
            "intake_sender_per_minute": "0",
        }
        self.running: ServiceProcess | None = None
        self.died = 0

    async def start(self, crash_at: str = "") -> None:
        self.running = ServiceProcess("intake", *self._about, crash_at=crash_at, **self._settings)
        await until_open(self.port)

    async def until_dead(self) -> None:
        assert self.running is not None
        process = self.running.process

        async def over() -> bool:
            return process.poll() is not None

        await eventually(over, "it dies at its place")
        assert process.returncode == KILLED
        self.died += 1
        await self.start()

    def has_ended(self) -> bool:
        assert self.running is not None
        return self.running.process.poll() is not None

    async def deliver(self, number: int) -> None:
        """As mail servers do: the same mail again until somebody says yes."""
        raw = mail(f"words {number}", subject=f"mail {number}").replace(b"<first@", b"<m%d@" % number)

        async def taken() -> bool:
            try:
                await send(self.port, raw)
            except PUT_OFF:
                return False
            except LOST:
                await self.until_dead()
                return False
            return True

        await eventually(taken, "somebody takes the mail")


def messages(wire: Wire) -> dict[UUID, str]:
    """The subject of each message that was told, however often it was."""
    return {m.envelope.id: m.body.subject for m in wire.seen if isinstance(m.body, MessageReceived)}


async def told(wire: Wire, mails: int) -> bool:
    """A message that was told and not noted as told is told again, so only different ones count."""
    await wire.poll()
    return len(messages(wire)) >= mails


async def until_it_died(keeper: Keeper, wire: Wire, mails: int) -> int:
    """How many mails there are once it has died: what came together goes through a gap together, so one by one."""

    async def told_or_ended() -> bool:
        return keeper.has_ended() or await told(wire, mails)

    while not keeper.died:
        await eventually(told_or_ended, "a message of every mail, or its death")
        if keeper.has_ended():
            await keeper.until_dead()
        else:
            await keeper.deliver(mails)
            mails += 1
    return mails


@pytest.mark.parametrize("place", [*DOOR, *BEHIND, *RELAY])
async def test_death_in_a_gap_costs_no_mail_and_doubles_none(
    kafka_bootstrap: str, topic_prefix: str, make_database: Any, tmp_path: Path, place: str
) -> None:
    """B5, B6: what was answered with 250, and what was sent again for want of an answer, is one message each."""
    wire = Wire(kafka_bootstrap, topic_prefix)
    await wire.start(*TOPICS, watch=WATCHED)
    for key in MAILBOXES:
        await tell_mailbox(wire, key)
    url = await make_database("intake")
    keeper = Keeper(wire, url, tmp_path)
    try:
        await keeper.start(f"{place}:3")
        async with asyncpg.create_pool(url, min_size=0) as pool:
            await until_known(pool, len(MAILBOXES))
        for number in range(MAILS):
            await keeper.deliver(number)
        mails = await until_it_died(keeper, wire, MAILS)
        await eventually(lambda: told(wire, mails), "a message of every mail")
        await wire.settle(1)
    finally:
        if keeper.running is not None:
            keeper.running.stop()
        await wire.stop()
    assert sorted(messages(wire).values()) == sorted(f"mail {n}" for n in range(mails))
    assert keeper.died == 1
