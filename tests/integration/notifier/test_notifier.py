"""Mails that follow from facts: who gets one, once, and what became of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts.answers import NotifierAnswered
from shared.contracts.base import Message
from shared.contracts.intake import BouncedRecipient, BounceReceived
from shared.contracts.notifier import (
    DeliveryAttempted,
    DeliveryFact,
    DeliveryFailed,
    DeliveryQueued,
    DeliverySent,
    RetryDelivery,
    SuppressionChanged,
)
from shared.contracts.state import Address, DeliveryState, ItemState, MailboxState, PersonRef
from shared.contracts.tickets import ItemCreated
from shared.ids import new_id, seed_id
from shared.reply_address import verify_bounce_address, verify_message_id, verify_reply_address
from shared.secrets import Keys
from tests.integration.notifier.conftest import Start
from tests.integration.notifier.sink import Received, Sink
from tests.integration.wire import Wire
from tests.support.waiting import eventually
from tests.unit.notifier.builders import (
    added,
    agent,
    assigned,
    by_customer,
    envelope,
    item,
    message,
    person,
    rule_mail,
)

RITA = f"agent:{seed_id('rita')}"
MARTA = "marta@cliente.example"
KEYS = Keys(b"\xab" * 32)


async def say(wire: Wire, body: Message, of: ItemState, **about: Any) -> UUID:
    return (await wire.send(body, str(of.id), **about)).id


async def latest(wire: Wire, kind: type[DeliveryFact], address: str = MARTA, *, attempts: int = 0) -> DeliveryState:
    """The newest delivery to an address that a fact of this kind told of, with at least so many attempts."""

    def fits(body: Any) -> bool:
        return body.delivery.recipient.address == address and len(body.delivery.attempts) >= attempts

    found = (await wire.wait_for(kind, fits))[-1].body
    assert isinstance(found, DeliveryFact)
    return found.delivery


async def command(wire: Wire, delivery: DeliveryState, **about: Any) -> NotifierAnswered:
    """Ask for a retry; returns its one answer."""
    body = RetryDelivery(delivery_id=delivery.id, item_id=about.pop("item_id", delivery.item_id))
    sent = await wire.send(body, str(delivery.item_id), **{"actor": RITA, **about})
    found = await wire.wait_for(NotifierAnswered, lambda b: b.command_id == sent.id)
    answer = found[0].body
    assert len(found) == 1
    assert isinstance(answer, NotifierAnswered)
    return answer


def facts(wire: Wire, kind: type[Any]) -> list[Any]:
    return [m.body for m in wire.seen if isinstance(m.body, kind)]


async def test_public_message_reaches_requester_and_followers_once(wire: Wire, sink: Sink, start: Start) -> None:
    """P28, P29, R6: one mail each under one Message-ID, shown as queued, then sent with its attempt."""
    await start()
    of = item(followers=(person("bea@cliente.example"), person("carl@cliente.example")))
    body = added(of)
    identity = new_id()
    for _ in range(3):
        await wire.send(body, str(of.id), message_id=identity)
    sent = await wire.wait_for(DeliverySent, count=3)
    await wire.settle()
    assert sorted(mail.recipient for mail in sink.given) == ["bea@cliente.example", "carl@cliente.example", MARTA]
    assert len({mail.message_id for mail in sink.given}) == 1
    assert len(facts(wire, DeliveryQueued)) == 3
    for told in sent:
        assert isinstance(told.body, DeliverySent)
        assert [a.outcome for a in told.body.delivery.attempts] == ["sent"]
    kept = await wire.wait_for(DeliveryState, lambda b: b.status == "sent", count=3)
    assert {m.record.topic for m in kept} == {"notifier-state"}


async def test_mail_names_its_ticket_thread_and_way_back(wire: Wire, sink: Sink, start: Start) -> None:
    """R1, DESIGN §5: number in the subject, minted ids, signed ways back and in, from the ticket's own mailbox."""
    await start()
    hardware = MailboxState(version=1, key="hardware", address="hw@desk.example", label="HW", type="hardware")
    await wire.send_raw(
        "tickets-setup",
        hardware.state_key(),
        hardware.model_dump_json().encode(),
        state_headers(hardware),
    )
    of = item(mailboxes=("hardware",))

    async def sent_from_hardware() -> Received | None:
        await say(wire, added(of), of)
        await latest(wire, DeliverySent)
        return next((m for m in sink.to(MARTA) if "hw@desk.example" in str(m.message["From"])), None)

    mail = await eventually(sent_from_hardware, "a mail from the copied mailbox")
    assert str(mail.message["Subject"]) == "Re: ONT reboots [#1042]"
    assert str(mail.message["References"]).startswith("<root@cliente.example>")
    claim = verify_message_id(KEYS, mail.message_id)
    assert claim is not None
    assert claim.number == 1042
    reply = verify_reply_address(KEYS, mail.message["Reply-To"].addresses[0].addr_spec)
    assert reply is not None
    assert (reply.number, reply.mailbox) == (1042, "hardware")
    delivered = facts(wire, DeliverySent)
    assert verify_bounce_address(KEYS, mail.sender) in {body.delivery.id for body in delivered}
    assert "http://127.0.0.1:8080/portal/requests/" in mail.text


def state_headers(state: MailboxState) -> Any:
    return envelope(f"deskstream.state.{state.kind_name}.v1", subject=state.state_key()).to_headers()


def to(someone: PersonRef) -> Address:
    return Address(address=someone.address, name=someone.name)


async def test_note_reaches_nobody(wire: Wire, sink: Sink, start: Start) -> None:
    """P31, R7: an internal note mails nobody, and its words are kept nowhere among what mails are made of."""
    await start()
    canary = f"canary-{new_id().hex}"
    rita = agent()
    of = item(followers=(person("bea@cliente.example"),), assignee=rita)
    note = message(of, public=False, text=canary, author=agent("ines"))
    await say(wire, added(of, note, assignee=(None, str(rita.id))), of)
    await say(wire, added(of), of)
    await wire.wait_for(DeliverySent, count=3)
    assert {mail.recipient for mail in sink.given} == {MARTA, "bea@cliente.example", "rita@desk.example"}
    assert all(canary.encode() not in mail.raw for mail in sink.given)
    assert all(canary not in m.body.model_dump_json() for m in wire.seen)


async def test_staff_hear_of_customers_messages_and_assignments(wire: Wire, sink: Sink, start: Start) -> None:
    """DESIGN §5: the assignee on a customer's message and on being assigned; nobody of their own act."""
    await start()
    rita = agent()
    of = item(assignee=rita)
    await say(wire, added(of, by_customer(of)), of)
    await say(wire, assigned(of), of)
    await say(wire, assigned(of), of, actor=f"agent:{rita.id}")
    await wire.wait_for(DeliverySent, count=2)
    await wire.settle()
    assert [mail.recipient for mail in sink.given] == ["rita@desk.example"] * 2
    assert all("http://127.0.0.1:8080/workspace/tickets/1042" in mail.text for mail in sink.given)
    assert all(mail.message["Auto-Submitted"] == "auto-generated" for mail in sink.given)


async def test_rules_mail_goes_once_with_its_link(wire: Wire, sink: Sink, start: Start) -> None:
    """P43, P44, R5: a rule's mail says that no human wrote it, has the reader's own link, and none of their words."""
    await start()
    of = item(title="Buy pills")
    body = rule_mail(of, subject="", text="See {{link}} please.", caused_at=datetime.now(UTC))
    for _ in range(2):
        await say(wire, body, of)
    sent = await latest(wire, DeliverySent)
    await wire.settle()
    mail = sink.to(MARTA)[0]
    assert len(sink.given) == len(facts(wire, DeliveryQueued)) == 1
    assert (sent.kind, sent.rule_id) == ("rule", str(body.rule_id))
    assert str(mail.message["Auto-Submitted"]) == "auto-generated"
    assert str(mail.message["Subject"]) == "About your request [#1042]"
    assert "See http://127.0.0.1:8080/portal/requests/" in mail.text
    assert mail.text.count("/portal/requests/") == 1
    assert b"Buy pills" not in mail.raw


async def test_what_is_for_later_is_tried_again(wire: Wire, sink: Sink, start: Start) -> None:
    """R6: 451, then 250: one mail arrives, both attempts are shown."""
    answers = ["451 not now", "250 taken"]

    async def behave(_: Received) -> str:
        return answers.pop(0)

    sink.behave = behave
    await start()
    await say(wire, added(item()), item())
    first = await latest(wire, DeliveryAttempted, attempts=1)
    assert (first.status, first.attempts[0].outcome, first.attempts[0].code) == ("queued", "deferred", 451)
    sent = await latest(wire, DeliverySent, attempts=2)
    assert [a.outcome for a in sent.attempts] == ["deferred", "sent"]
    assert {mail.message_id for mail in sink.given} == {f"<{sent.rfc_message_id}>"}


async def test_what_is_refused_fails_and_is_sent_again_by_hand(wire: Wire, sink: Sink, start: Start) -> None:
    """R6: 550 fails at once and is shown; staff retry it when the address is mended; a sent mail is not sent again."""
    sink.refuse_recipient[MARTA] = "550 5.1.1 no such user"
    await start()
    of = item()
    await say(wire, added(of), of)
    failed = await latest(wire, DeliveryFailed)
    assert (failed.status, failed.attempts[0].outcome, failed.attempts[0].code) == ("failed", "refused", 550)
    assert "no such user" in failed.reason
    assert (await command(wire, failed, item_id=new_id())).code == "not_found"
    assert (await command(wire, failed, actor=f"customer:{new_id()}")).code == "forbidden"
    del sink.refuse_recipient[MARTA]
    assert (await command(wire, failed)).outcome == "done"
    sent = await latest(wire, DeliverySent, attempts=2)
    assert [a.outcome for a in sent.attempts] == ["refused", "sent"]
    assert sent.rfc_message_id == failed.rfc_message_id
    assert (await command(wire, sent)).code == "not_failed"
    assert (await command(wire, sent.model_copy(update={"id": new_id()}))).code == "not_found"
    await wire.settle()
    assert len(sink.to(MARTA)) == 1


async def test_failure_is_told_to_the_assignee(wire: Wire, sink: Sink, start: Start) -> None:
    """R6: what did not arrive is shown, and mailed to whoever works on the ticket; that mail's failure to nobody."""
    sink.refuse_recipient |= {MARTA: "550 5.1.1 no such user", "rita@desk.example": "550 5.7.1 go away"}
    await start()
    of = item(assignee=agent())
    await say(wire, added(of, message(of, author=agent("ines"))), of)
    told = await latest(wire, DeliveryFailed, "rita@desk.example")
    await wire.settle()
    assert told.kind == "failure"
    assert MARTA in told.text
    assert "no such user" in told.text
    assert len(facts(wire, DeliveryFailed)) == 2


async def test_hard_bounce_fails_suppresses_and_tells(wire: Wire, sink: Sink, start: Start) -> None:
    """R5, R6: a hard bounce fails the delivery, stops mails to the address, and is told; a retry trusts it again."""
    await start()
    of = item(assignee=agent())
    await say(wire, added(of), of)
    sent = await latest(wire, DeliverySent)
    await say(wire, bounce(delivery_id=sent.id, hard=True), of)
    failed = await latest(wire, DeliveryFailed)
    assert "5.1.1 no such user" in failed.reason
    suppressed = (await wire.wait_for(SuppressionChanged))[0].body
    assert isinstance(suppressed, SuppressionChanged)
    assert (suppressed.suppression.address, suppressed.suppression.active) == (MARTA, True)
    told = await latest(wire, DeliverySent, "rita@desk.example")
    assert told.kind == "failure"
    await say(wire, bounce(delivery_id=sent.id, hard=True), of)
    await say(wire, added(of), of)
    withheld = await wire.wait_for(DeliveryQueued, lambda b: b.delivery.status == "suppressed")
    assert withheld[0].body.delivery.attempts == ()  # type: ignore[attr-defined] # a DeliveryQueued
    assert (await command(wire, withheld[0].body.delivery)).outcome == "done"  # type: ignore[attr-defined]
    await latest(wire, DeliverySent, attempts=1)
    lifted = await wire.wait_for(SuppressionChanged, lambda b: not b.suppression.active)
    assert lifted[0].body.suppression.soft_count == 0  # type: ignore[attr-defined] # a SuppressionChanged
    await say(wire, added(of), of)
    await wire.wait_for(DeliverySent, lambda b: b.delivery.recipient.address == MARTA, count=3)
    assert len(sink.to(MARTA)) == 3
    assert len(sink.to("rita@desk.example")) == 1, "a report that comes twice is told once"


def bounce(*, hard: bool, recipient: str = MARTA, **more: Any) -> BounceReceived:
    """A report about one mail of ours."""
    named = BouncedRecipient(recipient=recipient, status="5.1.1" if hard else "4.2.2", hard=hard, reason="no such user")
    return BounceReceived(receipt_id=new_id(), recipients=(named,), accepted_at=datetime.now(UTC), **more)


async def test_report_by_message_id_is_about_its_recipient_alone(wire: Wire, sink: Sink, start: Start) -> None:
    """A report to our Message-ID: of several recipients the named one's delivery failed; soft is counted."""
    await start()
    of = item(followers=(person("bea@cliente.example"),))
    await say(wire, added(of), of)
    sent = await latest(wire, DeliverySent)
    await latest(wire, DeliverySent, "bea@cliente.example")
    await say(wire, bounce(original_message_id=sent.rfc_message_id, hard=False), of)
    soft = await wire.wait_for(SuppressionChanged)
    assert (soft[0].body.suppression.active, soft[0].body.suppression.soft_count) == (False, 1)  # type: ignore[attr-defined]
    about_bea = bounce(original_message_id=sent.rfc_message_id, hard=True, recipient="BEA@cliente.example")
    await say(wire, about_bea, of)
    failed = await latest(wire, DeliveryFailed, "bea@cliente.example")
    assert failed.status == "failed"
    await say(wire, bounce(original_message_id="1.unknown@desk.example", hard=True), of)
    await wire.settle()
    assert len(facts(wire, DeliveryFailed)) == 1


async def test_old_log_is_no_mail_cannon(wire: Wire, sink: Sink, start: Start, make_database: Any) -> None:
    """DESIGN §2: a new consumer with an empty inbox on an old log shows what is *expired*, and sends none of it."""
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    for _ in range(5):
        of = item()
        await say(wire, added(of), of, time=yesterday)
        await say(wire, rule_mail(of, caused_at=yesterday), of)
    young = item(requester=person("young@cliente.example"))
    await say(wire, added(young), young)
    await start(url=await make_database("notifier"), notifier_consumer="notifier-new")
    await latest(wire, DeliverySent, "young@cliente.example")
    expired = await wire.wait_for(DeliveryQueued, lambda b: b.delivery.status == "expired", count=10)
    await wire.settle()
    assert all(m.body.delivery.reason for m in expired)  # type: ignore[attr-defined] # a DeliveryQueued
    assert [mail.recipient for mail in sink.given] == ["young@cliente.example"]
    again = expired[0].body.delivery  # type: ignore[attr-defined]
    assert (await command(wire, again)).outcome == "done", "staff may send what expired"
    await latest(wire, DeliverySent)


async def test_newcomers_by_copy_hear_from_then_on(wire: Wire, sink: Sink, start: Start) -> None:
    """RELIABILITY, loops: whom a stranger copies gets no mail of ours with the stranger's words; the next one, yes."""
    await start()
    victim = person("victim@bank.example")
    of = item(followers=(victim,))
    await say(wire, ItemCreated(item=of, message=by_customer(of, text="Buy pills", addressed=(to(victim),))), of)
    await say(wire, added(of), of)
    await latest(wire, DeliverySent, victim.address)
    await wire.settle()
    assert len(sink.to(victim.address)) == 1
    assert b"Buy pills" not in sink.to(victim.address)[0].raw


async def test_edited_address_that_leads_nowhere_is_shown(wire: Wire, sink: Sink, start: Start) -> None:
    """R6: a mail that can go nowhere is shown as withheld with its reason; it is not silently not there."""
    await start()
    of = item(requester=person("unknown@sender.invalid"))
    await say(wire, added(of), of)
    withheld = await latest(wire, DeliveryQueued, "unknown@sender.invalid")
    assert (withheld.status, withheld.reason) == ("suppressed", "no mail can arrive there")
    assert sink.given == []
