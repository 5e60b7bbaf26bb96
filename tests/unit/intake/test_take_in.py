"""Entering mail into the ledger, and what staff do with the quarantine."""

from uuid import UUID

from services.intake.domain.facts import Desk
from services.intake.use_cases.ledger import Came, ReadMail, Said
from services.intake.use_cases.quarantine import Quarantined, QuarantineWork
from services.intake.use_cases.take_in import take_in
from shared.contracts.answers import IntakeAnswered
from shared.contracts.intake import (
    BounceReceived,
    DiscardQuarantined,
    FormSubmitted,
    MessageAlsoReceived,
    MessageReceived,
    ReceiptRecorded,
    TakeAsBareTicket,
)
from shared.ids import new_id
from shared.reply_address import mint_bounce_address
from tests.unit.intake.desks import KEYS, NOW, FakeLedger, came, desk, envelope
from tests.unit.intake.mails import mail
from tests.unit.intake.reports import GONE, dsn


def said_of(said: Said, kind: type[object]) -> list[object]:
    return [body for _, body, _, _ in said.messages if isinstance(body, kind)]


def outcomes(said: Said) -> list[str]:
    return [body.receipt.outcome for _, body, _, _ in said.messages if isinstance(body, ReceiptRecorded)]


async def enter(ledger: FakeLedger, *arrived: Came, at: Desk | None = None) -> Said:
    said = await take_in(ledger, at or desk(), {}, arrived, NOW)
    for state, how in said.quarantined:
        receipt = next(r for r in said.receipts if r.id == state.id)
        ledger.quarantine[state.id] = Quarantined(state, how, receipt)
    return said


async def test_every_arrival_ends_in_one_outcome() -> None:
    """R3: ticketed, duplicate, also received, quarantined and bounce are all there is, and their sum is the batch."""
    verp = mint_bounce_address(KEYS, new_id(), "desk.example")
    batch = (
        came(mail()),
        came(b"Received: other\r\n" + mail()),
        came(mail(), "hardware@desk.example"),
        came(mail(), "nobody@desk.example"),
        came(dsn(GONE), verp, mail_from=""),
        came(b""),
    )
    said = await enter(FakeLedger(), *batch)
    assert outcomes(said) == ["accepted", "duplicate", "also_received", "quarantined", "bounce", "quarantined"]
    assert len(said_of(said, MessageReceived)) == 1
    assert len(said_of(said, BounceReceived)) == 1
    assert [also.mailbox for also in said_of(said, MessageAlsoReceived) if isinstance(also, MessageAlsoReceived)] == [
        "hardware"
    ]


async def test_same_id_with_other_words_is_flagged() -> None:
    """A Message-ID alone makes no duplicate: the second message says that its id was used before."""
    for batches in ([(came(mail("one")), came(mail("two")))], [(came(mail("one")),), (came(mail("two")),)]):
        ledger, messages = FakeLedger(), []
        for batch in batches:
            messages += said_of(await enter(ledger, *batch), MessageReceived)
        assert len(messages) == 2
        assert isinstance(messages[1], MessageReceived)
        assert "reused_message_id" in messages[1].flags


async def test_replayed_receipt_says_the_same_message_again() -> None:
    """Exactly once: a receipt that is read twice claims its own row, and its message has the same key."""
    ledger, receipt = FakeLedger(), new_id()
    first = await enter(ledger, came(mail(), receipt=receipt))
    again = await enter(ledger, came(mail(), receipt=receipt))
    assert outcomes(first) == outcomes(again) == ["accepted"]


async def test_form_without_a_nul_reaches_the_log() -> None:
    """No text that a database refuses leaves intake, whichever door it came by."""
    form = FormSubmitted(
        receipt_id=new_id(), form="request", name="A\x00", address="a@b.example", title="t\x00", text="x\x00y",
        values={"shop": ["por\x00to"]}, accepted_at=NOW,
    )  # fmt: skip
    said = await enter(FakeLedger(), Came(envelope(form.receipt_id), form))
    message = said_of(said, MessageReceived)[0]
    assert isinstance(message, MessageReceived)
    assert "\\u0000" not in message.model_dump_json()
    assert (message.text, message.fields) == ("xy", {"shop": ["porto"]})


async def quarantined(ledger: FakeLedger) -> UUID:
    said = await enter(ledger, came(mail(), "nobody@desk.example"))
    return said.receipts[0].id


def work(ledger: FakeLedger, at: Desk | None = None) -> tuple[QuarantineWork, Said]:
    said = Said()
    return QuarantineWork(ledger, at or desk(), said, NOW), said


def answers(said: Said) -> list[tuple[str, str | None]]:
    return [(body.outcome, body.code) for _, body, _, _ in said.messages if isinstance(body, IntakeAnswered)]


def goes_on(said: Said) -> bool:
    """Whether the first answer says that tickets will answer for the receipt."""
    return next(body.result["goes_on"] for _, body, _, _ in said.messages if isinstance(body, IntakeAnswered)) is True


async def test_taken_twice_in_one_batch_is_one_message() -> None:
    """B7: the second command finds what the first one did, and is told so."""
    ledger = FakeLedger()
    receipt = await quarantined(ledger)
    doing, said = work(ledger)
    for _ in range(2):
        await doing.carry_out(Came(envelope(new_id(), "agent:1"), TakeAsBareTicket(receipt_id=receipt)))
    assert answers(said) == [("done", None), ("refused", "already_done")]
    assert goes_on(said), "whoever waits is told that tickets will answer, too"
    assert len(said_of(said, MessageReceived)) == 1
    assert said.receipts[-1].outcome == "released"
    assert said.quarantined[-1][0].last_action_by == "agent:1"


async def test_replay_after_the_mailbox_was_made_releases_the_mail() -> None:
    """B7: what could not be placed yesterday is read again today, under its own receipt."""
    ledger = FakeLedger()
    receipt = await quarantined(ledger)
    row = ledger.quarantine[receipt]
    read = came(mail(), "nobody@desk.example", receipt=receipt).body
    assert isinstance(read, ReadMail)
    assert row.arrival.receipt_id == receipt
    still, refusal = work(ledger)
    await still.carry_out(Came(envelope(new_id()), read))
    assert answers(refusal) == [("refused", "still_unreadable")]
    doing, said = work(ledger, desk("nobody"))
    await doing.carry_out(Came(envelope(new_id()), read))
    assert answers(said) == [("done", None)]
    message = said_of(said, MessageReceived)[0]
    assert isinstance(message, MessageReceived)
    assert (message.receipt_id, message.mailboxes) == (receipt, ("nobody",))


async def test_replay_of_what_came_again_meanwhile_is_a_duplicate() -> None:
    """R4: the customer sent it again to the right address; the released copy adds nothing."""
    ledger = FakeLedger()
    receipt = await quarantined(ledger)
    await enter(ledger, came(mail()))
    doing, said = work(ledger, desk("support", "nobody"))
    await doing.carry_out(Came(envelope(new_id()), came(mail(), "nobody@desk.example", receipt=receipt).body))
    assert answers(said) == [("done", None)]
    assert not goes_on(said)
    assert said_of(said, MessageReceived) == []
    assert said.receipts[-1].duplicate_of == ledger.rows[next(iter(ledger.rows))].receipt_id


async def test_discarded_mail_stays_discarded() -> None:
    """B7: discarding is final, its reason stands in the ledger, its bytes stay."""
    ledger = FakeLedger()
    receipt = await quarantined(ledger)
    doing, said = work(ledger)
    await doing.carry_out(Came(envelope(new_id()), DiscardQuarantined(receipt_id=receipt, reason="spam")))
    await doing.carry_out(Came(envelope(new_id()), TakeAsBareTicket(receipt_id=receipt)))
    assert answers(said) == [("done", None), ("refused", "already_done")]
    assert (said.receipts[-1].outcome, said.receipts[-1].reason) == ("discarded", "spam")


async def test_what_is_not_there_is_refused() -> None:
    """Every command gets an answer: an unknown receipt, an unknown mailbox."""
    ledger = FakeLedger()
    receipt = await quarantined(ledger)
    doing, said = work(ledger)
    await doing.carry_out(Came(envelope(new_id()), DiscardQuarantined(receipt_id=new_id())))
    await doing.carry_out(Came(envelope(new_id()), TakeAsBareTicket(receipt_id=receipt, mailbox="moon")))
    assert answers(said) == [("refused", "not_found"), ("refused", "unknown_mailbox")]
