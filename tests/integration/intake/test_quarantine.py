"""What staff do with mail that could not be placed: on real servers."""

from typing import Any
from uuid import UUID

from shared.contracts.answers import IntakeAnswered
from shared.contracts.base import Message
from shared.contracts.intake import (
    DiscardQuarantined,
    MessageReceived,
    QuarantineChanged,
    ReceiptRecorded,
    ReplayQuarantined,
    TakeAsBareTicket,
)
from shared.ids import new_id
from tests.integration.intake.conftest import Desk, tell_mailbox, until_known
from tests.unit.intake.mails import mail

#: Ends in CRLF, as all mails do on the wire.
LOST = mail("It reboots.\n")
ACTOR = "agent:00000000-0000-0000-0000-000000000001"


async def lost(desk: Desk, raw: bytes = b"") -> QuarantineChanged:
    """A mail to no mailbox of ours, quarantined."""
    await desk.send(raw or LOST, "nobody@desk.example")
    found = (await desk.wire.wait_for(QuarantineChanged))[0].body
    assert isinstance(found, QuarantineChanged)
    return found


async def order(desk: Desk, *commands: Any) -> list[tuple[str, str | None]]:
    """Give commands, in order; their answers in that order."""
    asked = [await desk.wire.send(command, str(command.receipt_id), actor=ACTOR) for command in commands]
    wanted = {envelope.id for envelope in asked}
    await desk.wire.wait_for(IntakeAnswered, lambda body: body.command_id in wanted, count=len(commands))
    await desk.wire.settle(0.5)
    answers = {body.command_id: (str(body.outcome), body.code) for body in told(desk, IntakeAnswered)}
    return [answers[envelope.id] for envelope in asked]


def told(desk: Desk, kind: type[Message]) -> list[Any]:
    """Messages of a kind, each once."""
    return list({m.envelope.id: m.body for m in desk.wire.seen if isinstance(m.body, kind)}.values())


async def test_quarantined_mail_keeps_its_bytes_and_its_reason(desk: Desk) -> None:
    """R3: shown within seconds, with sender, subject, error and the octets as they came."""
    row = (await lost(desk)).quarantine
    assert (row.error_code, row.subject, row.sender) == ("unknown_mailbox", "ONT reboots", "marta@sorriso.example")
    assert row.recipients == ("nobody@desk.example",)
    assert (desk.blobs / row.raw_blob).read_bytes() == LOST
    assert row.head.startswith("From: Marta")


async def test_taken_as_a_bare_ticket_twice_is_one_message(desk: Desk) -> None:
    """B7: the ticket holds the mail as a file; the second order is told that it is done."""
    receipt = (await lost(desk)).quarantine.id
    take = TakeAsBareTicket(receipt_id=receipt)
    assert await order(desk, take, take) == [("done", None), ("refused", "already_done")]
    (message,) = told(desk, MessageReceived)
    assert message.mailboxes == ("support",)
    assert (desk.blobs / message.attachments[0].blob_key).read_bytes() == LOST
    assert await desk.ledger() == {"released": 1}


async def test_replay_twice_is_one_message_once_it_can_be_read(desk: Desk) -> None:
    """B7: it stays while its mailbox is unknown; then it is released, once, under its receipt."""
    receipt = (await lost(desk)).quarantine.id
    replay = ReplayQuarantined(receipt_id=receipt)
    assert await order(desk, replay) == [("refused", "still_unreadable")]
    await tell_mailbox(desk.wire, "nobody")
    await until_known(desk.host.pool, 3)
    assert await order(desk, replay, replay) == [("done", None), ("refused", "already_done")]
    (message,) = told(desk, MessageReceived)
    assert (message.receipt_id, message.mailboxes) == (receipt, ("nobody",))


async def test_replay_after_a_repair_is_one_message(desk: Desk) -> None:
    """B7: mended octets lie in the blob store; ids derive from the receipt all the same."""
    receipt = (await lost(desk, mail(sender=""))).quarantine.id
    mended = mail(sender="Ana <ana@x.example>").replace(b"To: support", b"To: hardware")
    key = await put_blob(desk, mended)
    await tell_mailbox(desk.wire, "nobody")
    await until_known(desk.host.pool, 3)
    bare, repaired = ReplayQuarantined(receipt_id=receipt), ReplayQuarantined(receipt_id=receipt, mended_blob=key)
    missing = ReplayQuarantined(receipt_id=receipt, mended_blob=f"{new_id()}/{'0' * 64}")
    answers = await order(desk, bare, missing, repaired, repaired, bare)
    assert answers == [
        ("refused", "still_unreadable"),
        ("refused", "still_unreadable"),
        ("done", None),
        ("refused", "already_done"),
        ("refused", "already_done"),
    ]
    (message,) = told(desk, MessageReceived)
    assert (message.receipt_id, message.sender.address, message.raw_blob) == (receipt, "ana@x.example", key)


async def put_blob(desk: Desk, content: bytes) -> str:
    """What the gateway does with mended octets."""
    key = f"{new_id()}/{'a' * 64}"
    path = desk.blobs / key
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return key


async def test_discarded_mail_stays_discarded(desk: Desk) -> None:
    """B7: its reason stands in the ledger, no later order brings it back, its bytes stay."""
    row = (await lost(desk)).quarantine
    orders = (
        DiscardQuarantined(receipt_id=row.id, reason="spam"),
        ReplayQuarantined(receipt_id=row.id),
        TakeAsBareTicket(receipt_id=row.id),
    )
    assert await order(desk, *orders) == [("done", None), ("refused", "already_done"), ("refused", "already_done")]
    assert told(desk, MessageReceived) == []
    assert await desk.ledger() == {"discarded": 1}
    last = max((m for m in told(desk, ReceiptRecorded)), key=lambda body: body.receipt.version)
    assert last.receipt.reason == "spam"
    assert (desk.blobs / row.raw_blob).exists()


async def test_order_about_nothing_is_refused(desk: Desk) -> None:
    """Every order gets an answer."""
    unknown: UUID = new_id()
    answers = await order(desk, ReplayQuarantined(receipt_id=unknown), DiscardQuarantined(receipt_id=unknown))
    assert answers == [("refused", "not_found")] * 2
