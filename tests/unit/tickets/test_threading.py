"""Which conversation a message belongs to: by proof, and only for those involved."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.contracts.intake import TokenClaim
from shared.contracts.state import ItemState, MessageState
from shared.contracts.tickets import ItemCreated, MessageAdded, MessageHeld
from shared.ids import derived_id
from tests.unit.tickets.desk import MARTA, RITA, TOMAS, Desk, Outcome, addresses, bordered, own_id, token

COLLEAGUE = "joao@sorriso.example"
STRANGER = "someone@else.example"


class Talk:
    """A request by Marta, an answer by Rita, and a second mail of Marta's."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.first = desk.receive().message
        self.item: ItemState = desk.item(self.first.item_id)
        self.answer: MessageState = desk.reply(self.item)
        self.second = desk.receive(thread_ids=(self.first.message_id,)).message
        self.other = desk.receive("pedro@acme.example").message

    @property
    def first_id(self) -> str:
        return str(self.first.message_id)

    @property
    def second_id(self) -> str:
        return str(self.second.message_id)

    @property
    def ours(self) -> TokenClaim:
        return own_id(self.item, self.answer)


#: How mail programs write an answer: what intake reads of it.
CLIENTS: dict[str, Callable[[Talk], dict[str, Any]]] = {
    "reply to ours, In-Reply-To only": lambda t: {"own_ids": (t.ours,)},
    "reply to ours, whole References": lambda t: {"own_ids": (t.ours,), "thread_ids": ("ours@desk", t.first_id)},
    "ours among the references, not nearest": lambda t: {"own_ids": (t.ours,), "thread_ids": ("unseen@x", "ours@desk")},
    "root only": lambda t: {"thread_ids": (t.first_id,)},
    "nearest only, a customer's own": lambda t: {"thread_ids": (t.second_id,)},
    "references in another order": lambda t: {"thread_ids": (t.first_id, "ours@desk", t.second_id)},
    "unknown nearest, known root": lambda t: {"thread_ids": ("gateway-rewrote-it@x", t.first_id)},
    "own first mail answered": lambda t: {"thread_ids": (t.first_id,), "subject": "Fwd: ONT reboots"},
    "reply address, no reference": lambda t: {"reply_tokens": (token(t.item),)},
    "reply address of another mailbox of ours": lambda t: {"reply_tokens": (token(t.item, "hardware"),)},
    "reply address and another's reference": lambda t: {
        "reply_tokens": (token(t.item),),
        "thread_ids": (str(t.other.message_id),),
    },
    "new subject, same reference": lambda t: {"thread_ids": (t.second_id,), "subject": "Something else"},
    "empty subject": lambda t: {"thread_ids": (t.second_id,), "subject": ""},
    "subject number, no reference": lambda t: {
        "subject_numbers": (t.item.number,),
        "subject": f"AW: [#{t.item.number}]",
    },
    "two subject numbers, the first unknown": lambda t: {"subject_numbers": (999, t.item.number)},
    "no Message-ID of its own": lambda t: {"message_id": None, "thread_ids": (t.second_id,)},
    "the same Message-ID as before": lambda t: {"message_id": t.second_id},
    "two hundred references": lambda t: {"thread_ids": (*(f"{n}@x" for n in range(200)), t.first_id)},
    "a very long reference": lambda t: {"thread_ids": ("x" * 3000, t.second_id)},
    "by a list, with its headers": lambda t: {"thread_ids": (t.second_id,), "automatic": "list"},
    "other case in the address": lambda t: {
        "thread_ids": (t.second_id,),
        "sender": {"address": "Marta@SORRISO.example", "name": "MARTA"},
    },
    "reference to ours and a foreign number": lambda t: {"own_ids": (t.ours,), "subject_numbers": (2,)},
}


@pytest.mark.parametrize("client", CLIENTS)
def test_answer_of_any_client_joins_its_conversation(desk: Desk, client: str) -> None:
    """R1: over twenty ways in which programs answer, no stray ticket."""
    talk = Talk(desk)
    items = len(desk.store.items)
    outcome = desk.receive(MARTA, **CLIENTS[client](talk))
    assert outcome.item.id == talk.item.id
    assert outcome.disposition == "threaded"
    assert outcome.message.public
    assert len(desk.store.items) == items


def test_reply_before_its_original_meets_it(desk: Desk) -> None:
    """R1: an answer that overtakes the mail it answers begins the item; the mail then joins it."""
    original = desk.mail(MARTA)
    reply = desk.receive(COLLEAGUE, thread_ids=(original.message_id,))
    late = desk.receive_message(original.model_copy(update={"thread_ids": ()}))
    assert late.item.id == reply.item.id


def test_two_mails_that_share_an_unseen_ancestor_meet(desk: Desk) -> None:
    """R1: two answers to a mail that never came here are one conversation."""
    one = desk.receive(thread_ids=("unseen@sorriso.example",))
    two = desk.receive(thread_ids=("also-unseen@x", "unseen@sorriso.example"))
    assert one.item.id == two.item.id


def test_mails_of_one_batch_meet(desk: Desk) -> None:
    """R1: it makes no difference whether original and answer are decided in one batch."""
    first = desk.mail()
    second = desk.mail(thread_ids=(first.message_id,))
    desk.take(("system:intake", first), ("system:intake", second))
    assert len(desk.store.items) == 1


def test_same_subject_is_no_proof(desk: Desk) -> None:
    """R2: two requests with one subject are two items; so are mails with a bare number in the subject."""
    one = desk.receive(subject="Invoice")
    two = desk.receive(subject="Re: Invoice")
    assert one.item.id != two.item.id


PROOFS: dict[str, Callable[[Talk], dict[str, Any]]] = {
    "token": lambda t: {"reply_tokens": (token(t.item),)},
    "own reference": lambda t: {"own_ids": (t.ours,)},
    "seen reference": lambda t: {"thread_ids": (t.second_id,)},
    "number": lambda t: {"subject_numbers": (t.item.number,)},
}
SENDERS = {"requester": MARTA, "follower": COLLEAGUE, "stranger": STRANGER, "staff": TOMAS}
DMARC = ("none", "pass", "fail")


def expected(proof: str, sender: str, dmarc: str) -> str:
    """What the table of proof says."""
    if proof == "number":
        return "joins" if sender in {"requester", "follower"} and dmarc != "fail" else "new"
    if dmarc == "fail":
        return "held: dmarc_fail"
    if sender == "staff":
        return "joins as staff" if proof == "token" and dmarc == "pass" else "held: staff_not_proven"
    return "held: stranger" if sender == "stranger" else "joins"


@pytest.mark.parametrize("dmarc", DMARC)
@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("proof", PROOFS)
def test_table_of_proof(desk: Desk, proof: str, sender: str, dmarc: str) -> None:
    """R2: which proof, by whom, with which word of our border: 48 cells, each joins, is held, or begins anew."""
    talk = Talk(desk)
    desk.receive(thread_ids=(talk.first_id,), addressed=addresses(COLLEAGUE))
    before = desk.item(talk.item)
    outcome = desk.receive(SENDERS[sender], **PROOFS[proof](talk), **bordered(dmarc))
    assert found(outcome, before) == expected(proof, sender, dmarc)
    if outcome.disposition == "held":
        assert_held(desk, outcome, before)
    if outcome.disposition == "created":
        assert outcome.item.related == (talk.item.number,)
        assert desk.item(before) == before


def found(outcome: Outcome, item: ItemState) -> str:
    if outcome.item.id != item.id:
        return "new"
    if outcome.message.held:
        return f"held: {outcome.message.held_reason}"
    return "joins as staff" if outcome.message.by == "staff" else "joins"


def assert_held(desk: Desk, outcome: Outcome, before: ItemState) -> None:
    """A held message is nobody's word yet: it mails nobody and makes nobody a follower."""
    assert not outcome.message.public
    assert outcome.message.author is None
    assert outcome.item.held_count == before.held_count + 1
    assert outcome.item.followers == before.followers
    assert outcome.item.status == before.status
    assert outcome.item.last_message_ids == before.last_message_ids
    assert isinstance(desk.store.facts[-2].body, MessageHeld)


def test_ids_of_a_held_message_join_nothing(desk: Desk) -> None:
    """R2: who knows a stranger's held Message-ID is no nearer to the conversation by it."""
    talk = Talk(desk)
    held = desk.receive(STRANGER, thread_ids=(talk.first_id,)).message
    after = desk.receive("accomplice@else.example", thread_ids=(str(held.message_id),))
    assert after.item.id != talk.item.id


@pytest.mark.parametrize("flag", ["two_from_headers", "from_with_several_addresses"])
@pytest.mark.parametrize("proof", ["token", "own reference", "seen reference"])
def test_mail_that_leaves_open_who_wrote_it_is_held(desk: Desk, proof: str, flag: str) -> None:
    """S22: two senders are nobody's word, even where one of them takes part."""
    talk = Talk(desk)
    outcome = desk.receive(MARTA, flags=(flag,), **PROOFS[proof](talk))
    assert outcome.message.held_reason == "ambiguous_sender"


def test_known_message_id_must_name_a_message_of_its_item(desk: Desk) -> None:
    """R2: number and message of one of our Message-IDs must belong together."""
    talk = Talk(desk)
    outcome = desk.receive(MARTA, own_ids=(own_id(talk.item, talk.other),))
    assert outcome.item.id not in {talk.item.id, talk.other.item_id}


@pytest.mark.parametrize(("sender", "how"), [(MARTA, "threaded"), (STRANGER, "held")])
def test_answer_to_a_mail_that_carried_no_message_counts_by_its_number(desk: Desk, sender: str, how: str) -> None:
    """R1, R2: the Message-ID of an acknowledgement names a delivery; its MAC proves the item, not who writes."""
    talk = Talk(desk)
    delivery = derived_id(talk.item.id, "delivery")
    outcome = desk.receive(sender, own_ids=(TokenClaim(number=talk.item.number, message_prefix=delivery.hex[:20]),))
    assert (outcome.item.id, outcome.disposition) == (talk.item.id, how)


def test_internal_notes_id_proves_nothing(desk: Desk) -> None:
    """R7: an internal note has no Message-ID that anybody could know, and none is believed."""
    talk = Talk(desk)
    note = desk.reply(talk.item, "Between us.", public=False)
    outcome = desk.receive(STRANGER, own_ids=(own_id(talk.item, note),))
    assert outcome.item.id != talk.item.id


@pytest.mark.parametrize("automatic", ["auto_reply", "bounce", "loop", "receipt", "complaint"])
@pytest.mark.parametrize("sender", [MARTA, STRANGER, RITA])
def test_machines_answer_is_a_note(desk: Desk, sender: str, automatic: str) -> None:
    """R5: what no human wrote is kept on its item, mails nobody and wakes nothing."""
    talk = Talk(desk)
    desk.change(talk.item, status="waiting")
    outcome = desk.receive(sender, own_ids=(talk.ours,), automatic=automatic)
    assert outcome.item.id == talk.item.id
    assert not outcome.message.public
    assert not outcome.message.held
    assert outcome.item.status == "waiting"


def test_machines_mail_without_proof_is_a_request_marked_automatic(desk: Desk) -> None:
    """R5: it is not lost; that it is automatic stands on its message, so nobody answers it."""
    outcome = desk.receive("printer@sorriso.example", automatic="auto_reply")
    assert outcome.disposition == "created"
    assert desk.last(ItemCreated).message.automatic == "auto_reply"


def test_request_page_speaks_for_the_person_of_its_link(desk: Desk) -> None:
    """P14: what is written on a request's page is that person's, while they take part."""
    talk = Talk(desk)
    marta = desk.person(MARTA)
    page = {"channel": "portal", "item_id": talk.item.id, "message_id": None, "mailboxes": ()}
    joined = desk.receive(MARTA, person_id=marta.id, **page)
    assert (joined.item.id, joined.message.public) == (talk.item.id, True)
    pedro = desk.person("pedro@acme.example")
    held = desk.receive("pedro@acme.example", person_id=pedro.id, **page)
    assert held.message.held_reason == "stranger"


def test_staff_answer_by_mail_is_the_desks_word(desk: Desk) -> None:
    """Staff who prove themselves answer for the desk: the item is not woken, they do not become followers."""
    talk = Talk(desk)
    desk.change(talk.item, status="waiting")
    outcome = desk.receive(RITA, reply_tokens=(token(talk.item),), **bordered("pass"))
    assert (outcome.message.by, outcome.message.public) == ("staff", True)
    assert outcome.item.status == "waiting"
    assert outcome.item.followers == ()
    assert desk.last(MessageAdded).message.author is not None


def test_staff_who_asked_are_customers_of_their_own_request(desk: Desk) -> None:
    """The shop's own staff are requesters too: on their request their mail is a customer's."""
    mine = desk.receive(RITA)
    again = desk.receive(RITA, thread_ids=(str(mine.message.message_id),))
    assert again.item.id == mine.item.id
    assert again.message.by == "customer"
