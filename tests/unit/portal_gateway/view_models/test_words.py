"""Rules, decisions, conflicts, files and quarantine in words."""

from uuid import UUID

import pytest

from services.portal_gateway.domain.view_models.conflicts import conflict_page
from services.portal_gateway.domain.view_models.decisions import why
from services.portal_gateway.domain.view_models.marks import size_words, spec_mark
from services.portal_gateway.domain.view_models.people import initials
from services.portal_gateway.domain.view_models.quarantine import quarantine_page, quarantine_row
from services.portal_gateway.domain.view_models.rules import rule_card
from services.portal_gateway.domain.view_models.times import Clock
from services.portal_gateway.domain.view_models.words import condition_words, saw_words
from shared.contracts.answers import Conflict
from tests.browser.sample import NOW, STATUSES, ZONE, at
from tests.browser.sample_story import DECISION, DELIVERIES, RULES, TO_DEVELOPMENT
from tests.browser.sample_tickets import ONT
from tests.browser.sample_workspace import LETTERS, MAILBOXES, NAMES

CLOCK = Clock(NOW, ZONE)


def test_rule_is_told_in_one_sentence() -> None:
    """P41: when it looks, what it asks, what it does."""
    card = rule_card(TO_DEVELOPMENT, NAMES)
    assert card.sentence == (
        "A ticket changes and type is Development, priority became Urgent and any of (requester is staff; labels "
        "contains Dev): gives it to Inês Duarte in the team Development, adds the label escalated and writes an "
        "internal note."
    )


def test_decision_says_why_and_why_not() -> None:
    """R11, B3: what fired comes first; what did not says the value it saw."""
    told = why(DECISION, RULES, NAMES, CLOCK)
    assert [(rule.name, rule.fired) for rule in told.rules] == [
        ("Acknowledge", True),
        ("Hardware to the hardware team", True),
        ("Urgent development work to Inês", False),
    ]
    assert told.rules[2].summary == "It did not fire: type was Hardware."
    assert told.rules[1].actions[0].words == "gives it to the team Hardware, to its members in turn"


@pytest.mark.parametrize(
    ("status", "reason", "said", "good"),
    [
        ("queued", "", "queued for 1", True),
        ("sent", "", "sent to 1", True),
        ("failed", "no such user", "not sent to 1", False),
        ("suppressed", "", "not sent", False),
    ],
)
def test_mail_of_a_rule_says_what_became_of_it(status: str, reason: str, said: str, good: bool) -> None:
    """R6, R11: beside the action stands whether its mail arrived; what failed says why; the rule acted all the same."""
    effect = UUID(int=8)
    acknowledge = next(verdict for verdict in DECISION.verdicts if verdict.rule_name == "Acknowledge")
    taken = acknowledge.actions[0].model_copy(update={"effect_id": effect})
    verdict = acknowledge.model_copy(update={"actions": (taken,)})
    decision = DECISION.model_copy(update={"verdicts": (verdict,)})
    mail = DELIVERIES[0].model_copy(update={"effect_id": effect, "status": status, "reason": reason})
    of_another = DELIVERIES[0].model_copy(update={"effect_id": UUID(int=9), "status": "failed"})
    (rule,) = why(decision, RULES, NAMES, CLOCK, [of_another, mail]).rules
    (action,) = rule.actions
    assert (rule.fired, action.outcome, action.good) == (True, said, good)
    assert reason in action.reason


@pytest.mark.parametrize(
    ("field", "op", "wanted", "words"),
    [
        ("requester.staff", "is", False, "requester is not staff"),
        ("automatic", "is", True, "message is automatic"),
        ("assignee", "present", False, "assignee is not given"),
        ("status", "changed_to", "solved", "status became Solved"),
        ("type", "in", ["hardware", "request"], "type is one of Hardware, Request"),
        ("fields.shop", "is", "porto", "Which shop? is Porto Boavista"),
    ],
)
def test_condition_reads_as_a_sentence(field: str, op: str, wanted: object, words: str) -> None:
    """R11: keys and ids are said as people call them."""
    assert condition_words(field, op, wanted, NAMES) == words  # type: ignore[arg-type]


def test_change_that_was_seen_has_both_values() -> None:
    """P42: a condition on a change tells from what to what."""
    assert saw_words("priority", "changed_to", ["normal", "urgent"], NAMES) == "Normal, then Urgent"
    assert saw_words("priority", "changed_to", None, NAMES) == "no change"


def test_conflict_shows_both_values_and_who() -> None:
    """R18: nobody's value is lost: theirs with name and time, yours, and the version to save on."""
    clash = Conflict(yours="solved", theirs="on_hold", by="agent:x", by_name="Inês Duarte", at=at("12:13").isoformat())
    page = conflict_page(ONT, {"status": clash}, NAMES, CLOCK)
    assert page.headline == "Inês changed the status before you saved"
    assert (page.clashes[0].theirs, page.clashes[0].yours, page.version) == ("On hold", "Solved", ONT.version)


def test_status_has_a_shape_of_its_own() -> None:
    """E18: what a status means is not told by colour alone."""
    assert [spec_mark(spec).tone for spec in STATUSES] == ["new", "progress", "waiting", "hold", "solved"]


@pytest.mark.parametrize(("size", "words"), [(812, "812 bytes"), (48_000, "48 kB"), (1_200_000, "1.2 MB")])
def test_size_is_decimal(size: int, words: str) -> None:
    """As browsers and mail programs say it."""
    assert size_words(size) == words


@pytest.mark.parametrize(
    ("name", "letters"), [("Marta Silva", "MS"), ("Ana", "AN"), ("ana.torres@correo.example", "AN"), ("", "?")]
)
def test_initials(name: str, letters: str) -> None:
    """Of a name the first and last word, of an address its beginning."""
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("number", "outcome", "url"), [(7, "Became a ticket", "/workspace/items/7"), (None, "Left the quarantine", "")]
)
def test_mail_that_left_the_quarantine_links_to_its_ticket(number: int | None, outcome: str, url: str) -> None:
    """B7: a mail that became a ticket says which; a bounce that was read at last became none."""
    left = LETTERS[0].model_copy(update={"status": "released", "item_number": number})
    row = quarantine_row(left, CLOCK)
    assert (row.outcome, row.item_url) == (outcome, url)


def test_broken_mail_is_mended_on_the_page_only_where_nothing_is_lost() -> None:
    """B7: text that is no UTF-8, or holds NUL, is downloaded and mended elsewhere."""
    good = quarantine_page(LETTERS[0], CLOCK, raw=b"From: a\r\n\r\nb", mailboxes=MAILBOXES)
    latin = quarantine_page(LETTERS[0], CLOCK, raw=b"Subject: \xe9", mailboxes=MAILBOXES)
    nul = quarantine_page(LETTERS[0], CLOCK, raw=b"a\x00b", mailboxes=MAILBOXES)
    assert (good.text, latin.text, nul.text) == ("From: a\n\nb", "", "")
    assert good.explained == "It is broken and could not be read"
