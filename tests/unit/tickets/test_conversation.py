"""What staff do in a conversation: answer, note, make items for callers, take or split off what is held."""

from typing import Any

import pytest

from services.tickets.domain.bounds import FILES, TAGS, TEXT_BYTES
from shared.contracts.state import Address, AttachmentRef, MessageState
from shared.contracts.tickets import (
    AcceptHeld,
    AddMessage,
    CreateItem,
    ItemChanged,
    ItemCreated,
    MessageAdded,
    MessageSplit,
    SaveType,
    SplitOff,
)
from tests.unit.tickets.desk import ADMIN, MARTA, RITA, TOMAS, Desk, addresses, agent, token

STRANGER = "someone@else.example"
RULE = "rule:11111111-1111-1111-1111-111111111111"


def held(desk: Desk, sender: str = STRANGER, **more: Any) -> MessageState:
    """A message that waits on Marta's request."""
    first = desk.receive().message
    return desk.receive(sender, thread_ids=(str(first.message_id),), **more).message


# ---- answers and notes


def test_public_answer_is_the_desks_word(desk: Desk) -> None:
    """P29: an answer is public, by the member of staff who wrote it, and told once."""
    item = desk.receive().item
    message = desk.reply(item, "Try the other cable.")
    assert (message.by, message.public, message.item_number) == ("staff", True, 1)
    assert message.author is not None
    assert (message.author.address, message.author.staff) == (RITA, True)
    assert desk.item(item).public_message_ids[-1] == message.id
    (fact,) = desk.facts(MessageAdded)
    assert fact.message == message
    assert fact.item == desk.item(item)


def test_internal_note_is_no_part_of_what_customers_see(desk: Desk) -> None:
    """P28, R7: a note is kept apart: not public, and in no list that mails and portal are made from."""
    item = desk.receive().item
    note = desk.reply(item, "Between us.", public=False)
    after = desk.item(item)
    assert not note.public
    assert after.public_message_ids == item.public_message_ids
    assert after.last_message_ids == item.last_message_ids
    assert after.message_count == item.message_count + 1


def test_answer_and_status_are_one_step(desk: Desk) -> None:
    """An answer that sets fields is one version and one fact, so that rules see it whole."""
    item = desk.receive().item
    desk.reply(item, set={"status": "waiting", "priority": "high"})
    after = desk.item(item)
    assert (after.version, after.status, after.priority) == (2, "waiting", "high")
    fact = desk.last(MessageAdded)
    assert fact.changes == {"status": ("new", "waiting"), "priority": ("normal", "high")}
    assert desk.facts(ItemChanged) == []


def test_answer_never_conflicts_but_its_fields_may(desk: Desk) -> None:
    """R18: words are never lost to a conflict; a field beside them that changed since refuses the whole."""
    item = desk.receive().item
    desk.change(item, agent(TOMAS), priority="high")
    desk.reply(item, based_on=1)
    body = AddMessage(
        item_id=item.id, message_id=desk.new_id(), text="x", public=True, set={"priority": "low"}, based_on=1
    )
    assert desk.refused(body).conflicts["priority"].theirs == "high"


@pytest.mark.parametrize(
    ("values", "code", "about"),
    [
        ({"text": " \n"}, "invalid", "text"),
        ({"text": "x" * (TEXT_BYTES + 1)}, "too_long", "text"),
        ({"text": "é" * TEXT_BYTES}, "too_long", "text"),
        ({"text": "x", "set": {"status": "sung"}}, "unknown_status", "status"),
    ],
)
def test_answer_that_does_not_fit_is_refused(desk: Desk, values: dict[str, Any], code: str, about: str) -> None:
    """What staff write is never clipped: it is refused with the field, so that they can shorten it."""
    item = desk.receive().item
    refusal = desk.refused(AddMessage(item_id=item.id, message_id=desk.new_id(), public=True, **values))
    assert (refusal.code, refusal.about) == (code, about)


def files(count: int) -> tuple[AttachmentRef, ...]:
    one = AttachmentRef(name="a", content_type="text/plain", size_bytes=1, sha256="0", blob_key="k/0")
    return (one,) * count


def test_files_alone_are_an_answer_and_too_many_are_refused(desk: Desk) -> None:
    """A picture says enough; how many go with one message has a limit."""
    item = desk.receive().item
    assert len(desk.reply(item, "", attachments=files(2)).attachments) == 2
    body = AddMessage(item_id=item.id, message_id=desk.new_id(), text="", public=True, attachments=files(FILES + 1))
    assert desk.refused(body).about == "attachments"


def test_message_is_written_once(desk: Desk) -> None:
    """The same message id again is refused, whatever it says: nothing is overwritten."""
    item = desk.receive().item
    message = desk.reply(item)
    again = AddMessage(item_id=item.id, message_id=message.id, text="Else.", public=True)
    assert desk.refused(again).code == "exists"


def test_rules_message_has_no_author(desk: Desk) -> None:
    """What a rule writes is a system's word."""
    item = desk.receive().item
    message = desk.reply(item, "We are on it.", RULE)
    assert (message.by, message.author) == ("system", None)


@pytest.mark.parametrize("actor", ["customer:", "agent:"])
def test_customer_may_not_write_by_command(desk: Desk, actor: str) -> None:
    """Customers write through doors, which prove who they are."""
    item = desk.receive().item
    body = AddMessage(item_id=item.id, message_id=desk.new_id(), text="x", public=True)
    assert desk.refused(body, f"{actor}{item.requester.id}").code == "forbidden"


# ---- items for callers


def caller(desk: Desk, **more: Any) -> CreateItem:
    values = {
        "item_id": desk.new_id(),
        "type": "hardware",
        "title": "Till is dead",
        "text": "It beeps.",
        "requester": Address(address="Eva@Acuario.example", name="Eva"),
    }
    return CreateItem(**{**values, **more})


def test_item_for_a_caller_is_their_request(desk: Desk) -> None:
    """P1: staff make an item during a call; the caller is its requester and its first message theirs."""
    outcome = desk.done(caller(desk, tags=("vip",), priority="high"))
    item = outcome.item
    assert (item.requester.address, item.channel, item.team, item.priority) == (
        "eva@acuario.example",
        "phone",
        "hardware",
        "high",
    )
    assert (outcome.message.by, outcome.message.public) == ("customer", True)
    assert item.organisation is not None
    assert desk.last(ItemCreated).actor_name == "Rita Almeida"
    assert outcome.result["number"] == item.number


@pytest.mark.parametrize(
    ("values", "code", "about"),
    [
        ({"type": "choir"}, "unknown_type", "type"),
        ({"team": "choir"}, "unknown_team", "team"),
        ({"title": " "}, "invalid", "title"),
        ({"requester": Address(address="no address")}, "invalid", "requester.address"),
        ({"tags": ("x",) * (TAGS + 1)}, "invalid", "tags"),
        ({"tags": (" ",)}, "invalid", "tags"),
        ({"text": "x" * (TEXT_BYTES + 1)}, "too_long", "text"),
        ({"attachments": files(FILES + 1)}, "too_many", "attachments"),
        ({"fields": {"colour": "red"}}, "unknown_field", "fields.colour"),
    ],
)
def test_item_that_does_not_fit_is_refused(desk: Desk, values: dict[str, Any], code: str, about: str) -> None:
    """P12: nothing is made, and the field is named."""
    refusal = desk.refused_but_for_people(caller(desk, **values))
    assert (refusal.code, refusal.about) == (code, about)


def test_item_is_made_once(desk: Desk) -> None:
    """The same id again is refused: a second click finds the first item."""
    command = caller(desk)
    desk.done(command)
    assert desk.refused(command).code == "exists"


def test_item_of_a_retired_type_is_refused(desk: Desk) -> None:
    """Staff choose among the types in use."""
    desk.done(SaveType(key="hardware", retired=True), agent(ADMIN))
    assert desk.refused_but_for_people(caller(desk)).code == "unknown_type"


def test_task_is_the_same_kind_of_thing(desk: Desk) -> None:
    """DESIGN §5: tickets and tasks are one series of numbers and one lifecycle."""
    desk.receive()
    item = desk.done(caller(desk, kind="task")).item
    assert (item.kind, item.number) == ("task", 2)


# ---- held messages


def test_accepted_message_is_public_as_of_now(desk: Desk) -> None:
    """R2: an accepted message joins the conversation now; its sender follows, and its ids are the item's."""
    message = held(desk)
    outcome = desk.done(AcceptHeld(message_id=message.id, item_id=message.item_id))
    after = outcome.message
    assert (after.public, after.held, after.held_reason, after.created_at) == (True, False, None, desk.now)
    assert after.author is not None
    assert after.author.address == STRANGER
    assert [f.address for f in outcome.item.followers] == [STRANGER]
    assert outcome.item.held_count == 0
    assert desk.last(MessageAdded).accepted
    assert desk.receive(STRANGER, thread_ids=(str(message.message_id),)).disposition == "threaded"


def test_accepted_sender_need_not_follow(desk: Desk) -> None:
    """R2: staff may take the words and not the person."""
    message = held(desk)
    outcome = desk.done(AcceptHeld(message_id=message.id, item_id=message.item_id, follow=False))
    assert outcome.item.followers == ()
    assert outcome.message.public


def test_accepted_customers_word_wakes_the_item(desk: Desk) -> None:
    """What a customer says counts from when it is accepted."""
    message = held(desk)
    desk.change(desk.item(message.item_id), status="waiting")
    outcome = desk.done(AcceptHeld(message_id=message.id, item_id=message.item_id))
    assert outcome.item.status == "in_progress"
    assert desk.last(MessageAdded).changes["status"] == ("waiting", "in_progress")


def test_accepted_staff_mail_is_the_desks_word(desk: Desk) -> None:
    """Staff who could not prove themselves by mail speak for the desk once a colleague takes it; nothing is woken."""
    message = held(desk, TOMAS)
    desk.change(desk.item(message.item_id), status="waiting")
    outcome = desk.done(AcceptHeld(message_id=message.id, item_id=message.item_id))
    assert outcome.message.by == "staff"
    assert outcome.item.status == "waiting"


def test_split_message_begins_an_item_of_its_own(desk: Desk) -> None:
    """R2: a message that is split off is its sender's own request, as if just received, and names where it was."""
    message = held(desk, mailboxes=("hardware",), subject="Mine", addressed=addresses("boss@else.example"))
    before = desk.item(message.item_id)
    outcome = desk.done(SplitOff(message_id=message.id, item_id=message.item_id, new_item_id=desk.new_id()))
    made = outcome.item
    assert made.id != before.id
    assert (made.requester.address, made.title, made.type, made.team) == (STRANGER, "Mine", "hardware", "hardware")
    assert [f.address for f in made.followers] == ["boss@else.example"]
    assert made.related == (before.number,)
    after = outcome.message
    assert (after.item_id, after.public, after.origin_item_id) == (made.id, True, before.id)
    left = desk.item(before)
    assert (left.held_count, left.followers) == (0, ())
    split = desk.last(MessageSplit)
    assert (split.item, split.new_number, split.message) == (left, made.number, after)
    assert desk.last(ItemCreated).item == made


def test_ids_of_a_split_message_lead_to_its_own_item(desk: Desk) -> None:
    """R1: answers to what was split off join the new item; the old one keeps its own ids."""
    message = held(desk)
    first_id = message.thread_ids[0]
    outcome = desk.done(SplitOff(message_id=message.id, item_id=message.item_id, new_item_id=desk.new_id()))
    assert desk.receive(STRANGER, thread_ids=(str(message.message_id),)).item.id == outcome.item.id
    assert desk.receive(MARTA, thread_ids=(first_id,)).item.id == message.item_id


def test_held_message_is_dealt_with_once(desk: Desk) -> None:
    """What was accepted can be neither accepted nor split off again."""
    message = held(desk)
    accept = AcceptHeld(message_id=message.id, item_id=message.item_id)
    desk.done(accept)
    split = SplitOff(message_id=message.id, item_id=message.item_id, new_item_id=desk.new_id())
    assert desk.refused(accept).code == desk.refused(split).code == "not_found"


def test_held_message_of_another_item_is_not_found(desk: Desk) -> None:
    """A command names the message and its item; both must fit."""
    message = held(desk)
    other = desk.receive("pedro@acme.example").item
    assert desk.refused(AcceptHeld(message_id=message.id, item_id=other.id)).code == "not_found"


def test_split_to_an_item_that_exists_is_refused(desk: Desk) -> None:
    """Nothing is overwritten."""
    message = held(desk)
    other = desk.receive("pedro@acme.example").item
    command = SplitOff(message_id=message.id, item_id=message.item_id, new_item_id=other.id)
    assert desk.refused(command).code == "exists"


@pytest.mark.parametrize("actor", [RULE, "system:tickets", "customer:"])
def test_only_staff_decide_about_held_messages(desk: Desk, actor: str) -> None:
    """R2: neither a rule nor a customer lets a stranger in."""
    message = held(desk)
    who = f"{actor}{desk.person(MARTA).id}" if actor.endswith(":") else actor
    command = AcceptHeld(message_id=message.id, item_id=message.item_id)
    assert desk.refused(command, who).code == "forbidden"


def test_held_mails_count_on_their_item(desk: Desk) -> None:
    """Staff see how many wait; each that is dealt with is one less."""
    first = desk.receive().message
    waiting = [desk.receive(f"s{n}@else.example", thread_ids=(str(first.message_id),)).message for n in range(3)]
    assert desk.item(first.item_id).held_count == 3
    desk.done(AcceptHeld(message_id=waiting[0].id, item_id=first.item_id))
    desk.done(SplitOff(message_id=waiting[1].id, item_id=first.item_id, new_item_id=desk.new_id()))
    assert desk.item(first.item_id).held_count == 1


def test_root_of_a_conversation_never_changes(desk: Desk) -> None:
    """P29: every mail of an item begins its References with the same id, whatever is received or accepted later."""
    first = desk.receive()
    root = first.item.root_message_id
    desk.reply(first.item)
    desk.receive(reply_tokens=(token(first.item),))
    message = desk.receive(STRANGER, thread_ids=(str(root),)).message
    desk.done(AcceptHeld(message_id=message.id, item_id=message.item_id))
    after = desk.item(first.item)
    assert (after.root_message_id, after.first_message_id) == (root, first.message.id)
