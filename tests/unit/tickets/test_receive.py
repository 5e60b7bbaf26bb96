"""What becomes of received messages: items, people, followers, waking, copies, limits."""

from datetime import timedelta
from typing import Any

import pytest

from services.tickets.domain.bounds import FIELDS_BYTES, FILES, FOLLOWERS, MAILBOXES, TEXT_BYTES
from services.tickets.domain.needs import NOBODY
from services.tickets.domain.workspace import Refusal, Settled, Wait
from shared.contracts.intake import MessageAlsoReceived
from shared.contracts.state import Address, AttachmentRef, FieldSpec
from shared.contracts.tickets import (
    ItemChanged,
    ItemCreated,
    MessageAdded,
    ReferenceChanged,
    SaveMailbox,
    SaveType,
)
from tests.unit.tickets.desk import ADMIN, MARTA, RITA, Desk, addresses, agent, token


def attachment(number: int) -> AttachmentRef:
    return AttachmentRef(
        name=f"{number}.png", content_type="image/png", size_bytes=1, sha256="0", blob_key=f"k/{number}"
    )


def test_mail_makes_item_person_and_organisation(desk: Desk) -> None:
    """P1, P24, P25: one mail is one item with its number, its person and the company of their domain."""
    outcome = desk.receive(text="It reboots.", accepted_at=desk.now)
    item = outcome.item
    assert (item.number, item.title, item.channel, item.kind) == (1, "ONT reboots", "mail", "ticket")
    assert (item.type, item.team, item.status, item.state) == ("request", "support", "new", "not_started")
    assert (item.requester.address, item.requester.name, item.requester.staff) == (MARTA, "Marta", False)
    assert item.organisation is not None
    assert item.organisation.name == "sorriso.example"
    assert item.mailboxes == ("support",)
    assert (outcome.message.public, outcome.message.by, outcome.message.text) == (True, "customer", "It reboots.")
    assert item.public_message_ids == (outcome.message.id,)
    assert item.root_message_id == outcome.message.message_id
    created = desk.last(ItemCreated)
    assert (created.item, created.message) == (item, outcome.message)


@pytest.mark.parametrize("written", ["MARTA@Sorriso.Example", "marta@SORRISO.example", " marta@sorriso.example "])
def test_person_is_one_whatever_the_case(desk: Desk, written: str) -> None:
    """P24: one address is one person, however it is written."""
    first = desk.receive(MARTA)
    second = desk.receive(written)
    assert first.item.requester.id == second.item.requester.id
    assert len([p for p in desk.store.people.values() if p.role is None]) == 1


@pytest.mark.parametrize("address", ["ana@gmail.com", "rui@sapo.pt", "x@Outlook.ES", "solo@localhost"])
def test_free_mail_makes_no_organisation(desk: Desk, address: str) -> None:
    """R20: people of a free-mail provider are nobody's colleagues."""
    assert desk.receive(address).item.organisation is None


def test_first_mailbox_that_is_ours_gives_type_and_team(desk: Desk) -> None:
    """A mail to two mailboxes is one item that lists both; the first gives type and team."""
    item = desk.receive(mailboxes=("gone", "hardware", "support")).item
    assert (item.type, item.team) == ("hardware", "hardware")
    assert item.mailboxes == ("gone", "hardware", "support")


def test_form_gives_type_team_and_fields(desk: Desk) -> None:
    """P6: a form's type and team are the item's; what was posted is in its fields."""
    item = desk.receive(
        channel="portal", form="development", mailboxes=(), message_id=None, fields={"shop": "porto"}
    ).item
    assert (item.type, item.team, item.channel) == ("development", "development", "portal")
    assert item.fields == {"shop": "porto"}
    assert item.mailboxes == ("support",)


@pytest.mark.parametrize("how", ["retired", "field required since"])
def test_submission_that_no_longer_fits_is_flagged_not_refused(desk: Desk, how: str) -> None:
    """What was accepted is never refused: a retired type, or a field that became required, flags the item."""
    change: dict[str, Any] = (
        {"retired": True} if how == "retired" else {"fields": (FieldSpec(key="shop", label="Shop", required=True),)}
    )
    desk.done(SaveType(key="hardware", **change), agent(ADMIN))
    item = desk.receive(channel="portal", form="hardware", mailboxes=(), message_id=None).item
    assert item.incomplete
    assert item.type == "hardware"


def test_mail_is_not_incomplete_for_fields_that_only_forms_ask(desk: Desk) -> None:
    """A mail could not fill a form's field: nothing is missing from it."""
    fields = (FieldSpec(key="shop", label="Shop", required=True),)
    desk.done(SaveType(key="request", fields=fields), agent(ADMIN))
    assert not desk.receive().item.incomplete


def test_whom_the_sender_copied_follows(desk: Desk) -> None:
    """DESIGN: Cc of a request, and of an answer, follow from then on; our own mailboxes and the sender do not."""
    item = desk.receive(addressed=addresses("joao@sorriso.example", "support@desk.example", MARTA)).item
    assert [f.address for f in item.followers] == ["joao@sorriso.example"]
    joined = desk.receive(
        reply_tokens=(token(item),), addressed=addresses("eva@sorriso.example", "joao@sorriso.example")
    )
    assert [f.address for f in joined.item.followers] == ["joao@sorriso.example", "eva@sorriso.example"]
    fact = desk.last(MessageAdded)
    assert "followers" in fact.changes
    assert all(f.link_nonce for f in joined.item.followers)


def test_follower_who_answers_keeps_the_requester(desk: Desk) -> None:
    """R8: the requester never changes by itself; a copied colleague's answer is that colleague's."""
    item = desk.receive(addressed=addresses("joao@sorriso.example")).item
    answer = desk.receive("joao@sorriso.example", reply_tokens=(token(item),))
    assert answer.item.requester.address == MARTA
    assert answer.message.author is not None
    assert answer.message.author.address == "joao@sorriso.example"
    assert answer.message.sender.address == "joao@sorriso.example"


def test_customer_copied_by_staff_on_a_forwarded_mail_stays_follower(desk: Desk) -> None:
    """R8: staff who write in for somebody are the requester; whom they copy follows."""
    item = desk.receive(RITA, addressed=addresses(MARTA)).item
    assert item.requester.address == RITA
    assert [f.address for f in item.followers] == [MARTA]


@pytest.mark.parametrize(
    ("status", "after"), [("waiting", "in_progress"), ("solved", "in_progress"), ("on_hold", "on_hold"), ("new", "new")]
)
def test_customers_word_wakes_what_waits_for_them(desk: Desk, status: str, after: str) -> None:
    """An item that is finished or waits for its customer is at work again when they write; no other moves."""
    item = desk.receive().item
    if status != "new":
        desk.change(item, status=status)
    outcome = desk.receive(reply_tokens=(token(item),))
    assert outcome.item.status == after
    changes = desk.last(MessageAdded).changes
    assert ("status" in changes) == (status != after)


def test_same_receipt_is_one_message(desk: Desk) -> None:
    """R4: a message that is decided again changes nothing and has the same answer."""
    mail = desk.mail()
    first = desk.receive_message(mail)
    before = desk.snapshot()
    again = desk.receive_message(mail)
    assert again.item.id == first.item.id
    assert again.disposition == "created"
    assert desk.snapshot() == before


def test_copy_lists_its_mailbox_once(desk: Desk) -> None:
    """R4: the same mail through a second mailbox is one message; the item lists both mailboxes."""
    mail = desk.mail()
    desk.receive_message(mail)
    for _ in range(2):
        copy = MessageAlsoReceived(
            receipt_id=desk.new_id(), original_receipt_id=mail.receipt_id, mailbox="hardware", accepted_at=desk.now
        )
        (decision,) = desk.take(("system:intake", copy))
        assert isinstance(decision, Settled)
        assert decision.result["disposition"] == "also_received"
    (item,) = desk.store.items.values()
    assert item.mailboxes == ("support", "hardware")
    assert len(desk.facts(ItemChanged)) == 1
    assert len(desk.store.messages) == 1


def test_copy_before_its_original_waits_and_is_answered_once(desk: Desk) -> None:
    """R4: nothing waits behind it; it is kept, and given up after a day."""
    mail = desk.mail()
    copy = MessageAlsoReceived(
        receipt_id=desk.new_id(), original_receipt_id=mail.receipt_id, mailbox="hardware", accepted_at=desk.now
    )
    (decision,) = desk.take(("system:intake", copy))
    assert isinstance(decision, Wait)
    assert [body for _, body in desk.store.copies] == [copy]
    assert desk.answers() == []
    (late,) = desk.take(("system:intake", copy), time=desk.now - timedelta(days=2))
    assert isinstance(late, Refusal)
    assert late.code == "unknown_original"


@pytest.mark.parametrize("sender", ["", "nobody", "undisclosed-recipients:;"])
def test_mail_without_a_sender_is_not_lost(desk: Desk, sender: str) -> None:
    """R3: a mail that names nobody is a request of nobody's, who is never answered."""
    outcome = desk.receive(sender, message_id=None)
    assert outcome.item.requester.address == NOBODY.address
    assert outcome.message.sender.address == sender


def test_name_is_learned_once_and_never_from_a_forger(desk: Desk) -> None:
    """R8: someone known by address alone gets the name they write under; a known name stays; a forger gives none."""
    joao = Address(address="joao@sorriso.example")
    desk.receive(addressed=(joao,))
    forged = {"checked": True, "authentication": {"dmarc": "fail"}}
    desk.receive(joao.address, sender=Address(address=joao.address, name="Evil"), **forged)
    assert desk.person(joao.address).name == ""
    desk.receive(joao.address, sender=Address(address=joao.address, name="João"))
    assert desk.person(joao.address).name == "João"
    desk.receive(joao.address, sender=Address(address=joao.address, name="Someone else"))
    assert desk.person(joao.address).name == "João"
    told = [f.reference for f in desk.facts(ReferenceChanged) if f.reference.state_key().startswith("person:")]
    assert [person.version for person in told] == [2]


def test_forged_mail_that_begins_an_item_is_flagged(desk: Desk) -> None:
    """S22: our border's word stands on the message, for staff to see."""
    outcome = desk.receive(checked=True, authentication={"dmarc": "fail"})
    assert "dmarc_fail" in outcome.message.flags


def test_what_is_too_large_is_clipped_and_said(desk: Desk) -> None:
    """R24: a door's message is never refused for its size: it is clipped and flagged, the octets have it all."""
    outcome = desk.receive(
        text="é" * TEXT_BYTES,
        html="<p>" + "x" * TEXT_BYTES,
        attachments=tuple(attachment(n) for n in range(FILES + 3)),
        subject="s" * 600,
        flags=tuple(f"f{n}" for n in range(40)),
        thread_ids=tuple(f"{n}@x" for n in range(5000)),
        addressed=addresses(*(f"p{n}@many.example" for n in range(50))),
        mailboxes=tuple(f"m{n}" for n in range(MAILBOXES + 5)),
    )
    message, item = outcome.message, outcome.item
    assert len(message.text.encode()) <= TEXT_BYTES
    assert message.html is None
    assert len(message.attachments) == FILES
    assert "clipped" in message.flags
    assert len(item.title) == 255
    assert len(item.mailboxes) == MAILBOXES
    assert len(message.thread_ids) <= 100
    assert len(message.model_dump_json()) + len(item.model_dump_json()) < 262_144


def test_followers_have_a_limit(desk: Desk) -> None:
    """No item grows over what a record holds, however many are copied."""
    item = desk.receive().item
    for start in range(0, FOLLOWERS + 40, 20):
        desk.receive(
            reply_tokens=(token(item),), addressed=addresses(*(f"p{start + n}@many.example" for n in range(20)))
        )
    assert len(desk.item(item).followers) == FOLLOWERS


def test_posted_fields_have_a_limit(desk: Desk) -> None:
    """What a form posted is kept as far as there is room."""
    fields = {f"f{n}": "x" * 9000 for n in range(20)}
    item = desk.receive(channel="portal", form="request", mailboxes=(), message_id=None, fields=fields).item
    assert 0 < len(item.fields) < 20
    assert len(str(item.fields).encode()) < FIELDS_BYTES + 1000


def test_request_without_a_subject_has_a_title(desk: Desk) -> None:
    """Every item can be named in a list."""
    assert desk.receive(subject="  ").item.title == "(no subject)"


def test_notice_of_the_reader_stands_on_the_message(desk: Desk) -> None:
    """R24: what staff should know of the reading of a mail comes with its message."""
    assert desk.receive(notice="This mail was not opened.").message.notice == "This mail was not opened."


def test_mailbox_made_later_takes_its_mail(desk: Desk) -> None:
    """Mailboxes are rows: a new one gives its type and team at once."""
    box = SaveMailbox(key="dev", address="dev@desk.example", type="development", team="development", create=True)
    desk.done(box, agent(ADMIN))
    assert desk.receive(mailboxes=("dev",)).item.type == "development"


def test_every_message_is_answered_once_after_its_facts(desk: Desk) -> None:
    """DESIGN: one answer a receipt, behind the facts it caused and under their key."""
    outcome = desk.receive()
    facts = [fact for fact in desk.store.facts if fact.key == str(outcome.item.id)]
    assert [type(fact.body).__name__ for fact in facts] == ["ItemCreated", "TicketsAnswered"]
    (answer,) = desk.answers()
    assert answer.result["number"] == 1
    assert answer.command_id == outcome.message.receipt_id
