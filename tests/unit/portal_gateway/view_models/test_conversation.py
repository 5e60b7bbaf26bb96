"""A ticket's conversation: what is public, what is not, what rules did, what became of mails."""

from dataclasses import replace

from services.portal_gateway.domain.view_models.conversation import conversation
from services.portal_gateway.domain.view_models.deliveries import deliveries_of
from services.portal_gateway.domain.view_models.texts import folded
from services.portal_gateway.domain.view_models.ticket import Shown, send_options, ticket_page
from services.portal_gateway.domain.view_models.times import Clock
from tests.browser.sample import NOW, STAFF, TYPES, ZONE
from tests.browser.sample_story import DELIVERIES
from tests.browser.sample_tickets import ITEMS, MESSAGES, ONT
from tests.browser.sample_workspace import TOLD

CLOCK = Clock(NOW, ZONE)


def test_notes_and_held_messages_are_never_taken_for_public_ones() -> None:
    """P31, R7: each message is just one of customer's, reply, note, held; by what it is, not by its words."""
    kinds = [entry.block.kind for entry in conversation(TOLD, CLOCK) if entry.block]
    assert kinds == ["customer", "staff", "note", "customer", "held", "staff"]


def test_automatic_reply_is_no_note_of_staff() -> None:
    """R5: an auto-reply that was stored and not passed on is its sender's, and says so."""
    automatic = MESSAGES[0].model_copy(update={"public": False, "automatic": "auto_reply"})
    block = conversation(replace(TOLD, messages=(automatic,), steps=(), deliveries=()), CLOCK)[0].block
    assert block is not None
    assert (block.kind, block.automatic) == ("customer", "Automatic reply, not passed on")


def test_what_a_rule_did_leads_to_why() -> None:
    """R11: the line of a rule's act names the rule, what it did, how soon, and links its decision."""
    lines = [entry.line for entry in conversation(TOLD, CLOCK) if entry.line]
    acted = next(line for line in lines if line.why)
    assert acted.words == ("Rule Hardware to the hardware team gave it to the team Hardware and assigned Rita Almeida")
    assert acted.note.endswith("after arrival")
    assert f"#rule-{TOLD.decisions[0].verdicts[1].rule_id}" in acted.why


def test_history_names_who_wrote_and_which_rule_acted() -> None:
    """P36, R11: a mail's first step is its sender's, not the door's; a rule is called by its name while it has one."""
    lines = [TOLD.line_of(step, CLOCK).words for step in TOLD.steps]
    assert lines[0] == "Marta Silva wrote a mail; the ticket was made"
    assert lines[1].startswith("Rule Hardware to the hardware team gave it")
    unknown = replace(TOLD, names=replace(TOLD.names, rules={}))
    assert unknown.line_of(TOLD.steps[1], CLOCK).words.startswith("Rule (deleted) gave it")


def test_entries_stand_in_the_order_of_time() -> None:
    """What happened before stands before."""
    moments = [entry.at for entry in conversation(TOLD, CLOCK)]
    assert moments == sorted(moments)


def test_mails_of_a_message_are_summed_up_by_the_worst() -> None:
    """R6: one that failed is seen at once, with its tries, and can be sent again."""
    of_last = [d for d in DELIVERIES if d.message_id == MESSAGES[5].id]
    summed = deliveries_of(of_last, CLOCK)
    assert summed is not None
    assert (summed.outcome, summed.words) == ("failed", "Not sent to 1 of 3")
    failed = summed.failed[0]
    assert failed.can_retry
    assert [one.words for one in failed.tries] == [
        "The mail server did not answer",
        "The mail server refused it (550 5.1.1 no such user here)",
    ]


def test_no_mails_are_no_deliveries() -> None:
    """A note has no mails, and shows none."""
    assert deliveries_of([], CLOCK) is None


def test_quotation_is_folded_and_counted() -> None:
    """R24: folding only hides; a text that is all quotation is shown whole."""
    assert folded("Yes", "Yes\n\n> one\n> two").folded_lines == 2
    assert folded("Yes", "").folded == ""
    assert folded("", "> all of it").words == "> all of it"


def test_send_button_says_what_happens_to_the_status() -> None:
    """A reply waits for the customer, unless the ticket does so already."""
    first, others = send_options(ONT, TYPES["hardware"])
    assert (first.status, first.label) == ("waiting_on_customer", "Send and set waiting")
    assert [option.label for option in others] == [
        "Send, leave the status",
        "Send and set on hold",
        "Send and set solved",
    ]
    waiting = next(item for item in ITEMS if item.status == "waiting_on_customer")
    assert send_options(waiting, TYPES["hardware"])[0].label == "Send reply"


def test_page_counts_only_customers_messages_that_are_seen() -> None:
    """R18: a held message is no answer that a writer must read before sending."""
    page = ticket_page(Shown(TOLD, STAFF, None, (), "token", "Ribalink"), CLOCK)
    assert page.composer.seen == 2
    assert page.composer.to == "Reply to Marta Silva + 3 followers"
    assert [group.label for group in page.head.assignees] == ["Hardware", "Others"]
