"""tickets on a real Kafka and a real PostgreSQL: messages in, facts and answers out, once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.tickets.domain.addresses import person_id
from shared.contracts.answers import TicketsAnswered
from shared.contracts.intake import MessageAlsoReceived, MessageReceived, TokenClaim
from shared.contracts.state import Address
from shared.contracts.tickets import AddMessage, Assign, ChangeItem, ItemChanged, ItemCreated, MessageAdded, MessageHeld
from shared.ids import derived_id, new_id
from tests.integration.wire import Wire

RITA = f"agent:{person_id('rita@desk.example')}"


def received(sender: str = "marta@sorriso.example", **more: Any) -> MessageReceived:
    receipt = new_id()
    values: dict[str, Any] = {
        "receipt_id": receipt,
        "channel": "mail",
        "dedupe_key": receipt.hex,
        "mailboxes": ("support",),
        "message_id": f"{receipt.hex}@sorriso.example",
        "sender": Address(address=sender, name="Marta"),
        "subject": "ONT reboots",
        "text": "It reboots.",
        "accepted_at": datetime.now(UTC),
    }
    return MessageReceived(**{**values, **more})


async def opened(wire: Wire, message: MessageReceived) -> ItemCreated:
    await wire.send(message, "conversation", message_id=message.receipt_id)
    found = await wire.wait_for(ItemCreated, lambda b: b.message.receipt_id == message.receipt_id)
    body = found[0].body
    assert isinstance(body, ItemCreated)
    return body


async def answer_to(wire: Wire, command_id: UUID) -> TicketsAnswered:
    found = await wire.wait_for(TicketsAnswered, lambda b: b.command_id == command_id)
    assert len(found) == 1
    body = found[0].body
    assert isinstance(body, TicketsAnswered)
    return body


async def test_mail_makes_item_person_and_organisation(wire: Wire) -> None:
    """P1, P24, P25: one received message is one item, with its people, and one answer."""
    message = received()
    created = await opened(wire, message)
    assert created.item.requester.address == "marta@sorriso.example"
    assert created.item.organisation is not None
    assert created.item.organisation.name == "sorriso.example"
    assert created.item.team == "support"
    answer = await answer_to(wire, message.receipt_id)
    # not always 1: a batch that was broken off and taken again has used up a number
    assert answer.result["number"] == created.item.number
    assert answer.result["disposition"] == "created"


async def test_what_is_said_stays_in_the_trace_of_its_cause(wire: Wire) -> None:
    """Whoever follows a mail by its trace finds its ticket and the answer."""
    message, context = received(), f"00-{'a' * 32}-{'b' * 16}-01"
    cause = await wire.send(message, "conversation", message_id=message.receipt_id, traceparent=context)
    await wire.wait_for(ItemCreated, lambda b: b.message.receipt_id == message.receipt_id)
    await answer_to(wire, message.receipt_id)
    said = [found.envelope for found in wire.seen if found.envelope.causationid == cause.id]
    assert {envelope.traceparent for envelope in said} == {context}


async def test_redelivered_message_is_one_item(wire: Wire) -> None:
    """R4: the same record many times, and twice at once, makes one item and one answer."""
    message = received()
    for _ in range(5):
        await wire.send(message, "conversation", message_id=message.receipt_id)
    await opened(wire, message)
    await wire.settle()
    assert len([m for m in wire.seen if isinstance(m.body, ItemCreated)]) == 1
    await answer_to(wire, message.receipt_id)


async def test_answer_by_reference_joins_and_stranger_is_held(wire: Wire) -> None:
    """R1, R2: a participant's reference joins; a stranger's is held and mails nobody."""
    first = received()
    created = await opened(wire, first)
    assert first.message_id is not None
    reply = received(subject="Re: anything", thread_ids=(first.message_id,))
    await wire.send(reply, "conversation", message_id=reply.receipt_id)
    joined = (await wire.wait_for(MessageAdded))[0].body
    assert isinstance(joined, MessageAdded)
    assert joined.item.id == created.item.id
    assert joined.item.version == 2
    stranger = received("someone@else.example", thread_ids=(first.message_id,))
    await wire.send(stranger, "conversation", message_id=stranger.receipt_id)
    held = (await wire.wait_for(MessageHeld))[0].body
    assert isinstance(held, MessageHeld)
    assert held.message.held
    assert not held.message.public
    assert held.message.author is None


async def test_message_id_of_ours_joins_by_its_number_unless_it_names_another_items_message(wire: Wire) -> None:
    """R1, R2: a mail that carried no message proves its item; one that carried another item's message does not."""
    created, other = await opened(wire, received()), await opened(wire, received("pedro@acme.example"))
    number = created.item.number
    cases = {
        "an acknowledgement": (derived_id(created.item.id, "delivery"), True),
        "a message of the item": (created.message.id, True),
        "a message of another item": (other.message.id, False),
    }
    for case, (named, joins) in cases.items():
        answer = received(own_ids=(TokenClaim(number=number, message_prefix=named.hex[:20]),))
        await wire.send(answer, "conversation", message_id=answer.receipt_id)
        assert ((await answer_to(wire, answer.receipt_id)).result["number"] == number) == joins, case


async def test_two_mails_that_share_an_unseen_ancestor_meet(wire: Wire) -> None:
    """R1: replies that come before their original, or without it, are one item."""
    one = received(thread_ids=("ancestor@sorriso.example",))
    two = received(thread_ids=("ancestor@sorriso.example",))
    await wire.send(one, "a", message_id=one.receipt_id)
    await wire.send(two, "b", message_id=two.receipt_id)
    first, second = await answer_to(wire, one.receipt_id), await answer_to(wire, two.receipt_id)
    assert first.result["number"] == second.result["number"]


async def test_also_received_waits_for_its_original(wire: Wire) -> None:
    """R4: the second mailbox's copy may come first; the item lists both."""
    message = received()
    copy = MessageAlsoReceived(
        receipt_id=new_id(), original_receipt_id=message.receipt_id, mailbox="hardware", accepted_at=datetime.now(UTC)
    )
    await wire.send(copy, "elsewhere", message_id=copy.receipt_id)
    await opened(wire, message)
    changed = (await wire.wait_for(ItemChanged))[0].body
    assert isinstance(changed, ItemChanged)
    assert changed.item.mailboxes == ("support", "hardware")


async def test_changes_conflict_only_in_the_same_field(wire: Wire) -> None:
    """R18: a field that changed since is refused with both values; another one is not."""
    item = (await opened(wire, received())).item
    first = await wire.send(ChangeItem(item_id=item.id, set={"priority": "high"}, based_on=1), str(item.id), actor=RITA)
    assert (await answer_to(wire, first.id)).outcome == "done"
    other = await wire.send(ChangeItem(item_id=item.id, set={"title": "New"}, based_on=1), str(item.id), actor=RITA)
    assert (await answer_to(wire, other.id)).outcome == "done"
    late = await wire.send(ChangeItem(item_id=item.id, set={"priority": "low"}, based_on=1), str(item.id), actor=RITA)
    refused = await answer_to(wire, late.id)
    assert refused.code == "conflict"
    assert refused.conflicts["priority"].theirs == "high"
    assert refused.conflicts["priority"].by_name == "Rita Almeida"


async def test_customer_may_not_command(wire: Wire) -> None:
    """Rights are checked where the state lives: a customer's command is refused."""
    item = (await opened(wire, received())).item
    actor = f"customer:{item.requester.id}"
    sent = await wire.send(ChangeItem(item_id=item.id, set={"priority": "high"}), str(item.id), actor=actor)
    assert (await answer_to(wire, sent.id)).code == "forbidden"


async def test_turns_go_round_a_team(wire: Wire) -> None:
    """P48: in turn means that the member whose last turn is longest ago gets the next item."""
    item = (await opened(wire, received())).item
    command = ChangeItem(item_id=item.id, assign=Assign(team="hardware", member="in_turn"))
    sent = await wire.send(command, str(item.id), actor="rule:11111111-1111-1111-1111-111111111111")
    assert (await answer_to(wire, sent.id)).outcome == "done"
    changed = (await wire.wait_for(ItemChanged))[0].body
    assert isinstance(changed, ItemChanged)
    assert changed.item.assignee is not None
    assert changed.item.assignee.address == "tomas@desk.example"
    assert changed.item.team == "hardware"


async def test_reply_and_status_are_one_step(wire: Wire) -> None:
    """A reply that sets the status is one version, one fact, one history step."""
    item = (await opened(wire, received())).item
    command = AddMessage(item_id=item.id, message_id=new_id(), text="On it.", public=True, set={"status": "waiting"})
    sent = await wire.send(command, str(item.id), actor=RITA)
    answer = await answer_to(wire, sent.id)
    assert answer.result["version"] == 2
    added = (await wire.wait_for(MessageAdded))[0].body
    assert isinstance(added, MessageAdded)
    assert added.item.status == "waiting"
    assert added.changes["status"] == ("new", "waiting")
    assert added.message.by == "staff"
