"""The quarantine on real servers: intake is played by the test, tickets is real."""

import asyncio
from uuid import UUID

import httpx2

from shared.contracts.answers import IntakeAnswered
from shared.contracts.intake import (
    MessageReceived,
    QuarantineChanged,
    ReceiptRecorded,
    ReplayQuarantined,
    TakeAsBareTicket,
)
from shared.contracts.state import Address, QuarantineState, ReceiptState
from shared.ids import new_id
from tests.integration.portal_gateway.two_gateways import Desk, done, now, refused, uuid_of
from tests.support.waiting import eventually


async def test_quarantined_mail_is_read_mended_and_replayed(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """R3, B7: staff see why, get the bytes, and send mended ones; a second try is told that it is done."""
    receipt = new_id()
    raw = b"From nobody\r\n\r\nbroken"
    host_blobs = gateways.folder / "blobs" / str(receipt)
    host_blobs.mkdir(parents=True)
    (host_blobs / "raw").write_bytes(raw)
    row = QuarantineState(
        version=1,
        id=receipt,
        status="open",
        error_code="unreadable",
        error="no header ends",
        raw_blob=f"{receipt}/raw",
        size_bytes=len(raw),
        accepted_at=now(),
    )
    await gateways.wire.send(QuarantineChanged(quarantine=row), str(receipt))

    async def listed() -> bool:
        rows = (await client.get("/api/v1/quarantine")).json()["items"]
        return any(each["id"] == str(receipt) and each["error"] == "no header ends" for each in rows)

    await eventually(listed, "the quarantine row")
    assert (await client.get(f"/api/v1/quarantine/{receipt}/raw")).content == raw
    url, mended = f"/api/v1/quarantine/{receipt}/replay", b"From: a@b.example\r\n\r\nmended"
    replaying = asyncio.create_task(client.post(url, content=mended, headers={"Content-Type": "message/rfc822"}))
    cause, command = await gateways.asked(ReplayQuarantined)
    assert command.mended_blob is not None
    assert (gateways.folder / "blobs" / command.mended_blob).read_bytes() == mended
    released = row.model_copy(update={"version": 2, "status": "released"})
    await gateways.tell(cause, str(receipt), QuarantineChanged(quarantine=released), done(IntakeAnswered, cause))
    assert (await replaying).json()["status"] == "released"
    again = asyncio.create_task(client.post(url))
    cause, command = await gateways.asked(ReplayQuarantined, seen=1)
    assert command.mended_blob is None
    await gateways.tell(cause, str(receipt), refused(IntakeAnswered, cause, "already_done", "It was released already."))
    assert (await again).status_code == 409
    assert (await client.post(url, content=b"x", headers={"Content-Type": "image/png"})).status_code == 415


async def test_mail_taken_out_of_the_quarantine_links_to_its_ticket(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """R3, B7: what the mail became is in the answer, in the list and on its page; so it is for a later copy of it."""
    first, copy = await quarantined(gateways), await quarantined(gateways)
    taking = asyncio.create_task(client.post(f"/api/v1/quarantine/{first.id}/ticket", json={"mailbox": "support"}))
    cause, _ = await gateways.asked(TakeAsBareTicket)
    released = QuarantineChanged(quarantine=first.model_copy(update={"version": 2, "status": "released"}))
    await gateways.tell(cause, str(first.id), released, done(IntakeAnswered, cause, goes_on=True))
    await gateways.wire.send(bare(first.id), str(first.id), message_id=first.id)
    number = (await taking).json()["item_number"]
    assert (await client.get(f"/api/v1/items/{number}")).json()["title"] == f"Bare {first.id}"

    repeated = ReceiptState(
        version=2,
        id=copy.id,
        door="smtp",
        outcome="released",
        content_hash="",
        duplicate_of=first.id,
        size_bytes=1,
        accepted_at=now(),
        recorded_at=now(),
    )
    again = QuarantineChanged(quarantine=copy.model_copy(update={"version": 2, "status": "released"}))
    for fact in (again, ReceiptRecorded(receipt=repeated)):
        await gateways.wire.send(fact, str(copy.id))

    async def both_known() -> bool:
        rows = (await client.get("/api/v1/quarantine?status=released")).json()["items"]
        return {first.id, copy.id} <= {uuid_of(row["id"]) for row in rows if row["item_number"] == number}

    await eventually(both_known, "both mails with their ticket")


async def quarantined(gateways: Desk) -> QuarantineState:
    """A mail that waits for staff, as the gateway shows it."""
    receipt = new_id()
    row = QuarantineState(
        version=1,
        id=receipt,
        status="open",
        error_code="unknown_mailbox",
        error="none of ours",
        raw_blob=f"{receipt}/raw",
        size_bytes=1,
        accepted_at=now(),
    )
    await gateways.wire.send(QuarantineChanged(quarantine=row), str(receipt))

    async def shown() -> bool:
        async with gateways.client() as client:
            return (await client.get(f"/api/v1/quarantine/{receipt}")).status_code == 200

    await eventually(shown, "the quarantined mail")
    return row


def bare(receipt: UUID) -> MessageReceived:
    """What intake says of a mail that is taken as it is."""
    return MessageReceived(
        receipt_id=receipt,
        channel="mail",
        dedupe_key=f"receipt|{receipt}",
        mailboxes=("support",),
        sender=Address(address="lost@shop.example"),
        subject=f"Bare {receipt}",
        text="It could not be read.",
        accepted_at=now(),
    )
