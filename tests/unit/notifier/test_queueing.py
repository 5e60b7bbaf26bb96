"""Facts, rules' mails and failures become deliveries."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifier.domain.queueing import CAME_BACK, Queued, failure_of, from_fact, from_rule, withheld
from shared.contracts.state import DeliveryState, PersonRef
from shared.ids import new_id
from shared.reply_address import verify_message_id
from tests.unit.notifier.builders import (
    DESK,
    HOUSE,
    NOW,
    added,
    age,
    agent,
    assigned,
    by_customer,
    delivery,
    envelope,
    item,
    message,
    person,
    rule_mail,
)

BEA, RITA = person("bea@cliente.example"), agent()


def only(found: list[Queued]) -> DeliveryState:
    assert len(found) == 1
    return found[0].delivery


def test_all_mails_of_a_message_have_its_one_id() -> None:
    """DESIGN §5: one public message has one Message-ID for all its recipients, so their reply-alls meet."""
    of = item(followers=(BEA, RITA))
    carried = by_customer(of, author=person("carl@x.example"))
    found = from_fact(DESK, envelope(), added(of, carried), age())
    assert len(found) == 3
    names = {queued.delivery.rfc_message_id for queued in found}
    assert len(names) == 1
    claim = verify_message_id(HOUSE.keys, names.pop())
    assert claim is not None
    assert (claim.number, claim.message_prefix) == (1042, carried.id.hex[:20])


def test_other_mails_have_ids_of_their_own_that_are_minted_too() -> None:
    """RELIABILITY, threading: no id of ours can be guessed."""
    of = item(assignee=RITA)
    names = [
        only(from_fact(DESK, envelope(), assigned(of), age())).rfc_message_id,
        only(from_rule(DESK, envelope(), rule_mail(of), age())).rfc_message_id,
        only(from_rule(DESK, envelope(), rule_mail(of), age())).rfc_message_id,
    ]
    assert len(set(names)) == 3
    assert all(verify_message_id(HOUSE.keys, name) for name in names)


def test_same_cause_is_the_same_delivery() -> None:
    """B8: handled again, after a crash or by a new consumer, it is the same delivery under the same id."""
    of, about = item(followers=(BEA,)), envelope()
    fact = added(of)
    first, again = from_fact(DESK, about, fact, age()), from_fact(DESK, about, fact, age(now=NOW + timedelta(hours=1)))
    assert [q.delivery.id for q in first] == [q.delivery.id for q in again]
    assert [q.delivery.rfc_message_id for q in first] == [q.delivery.rfc_message_id for q in again]
    mail = rule_mail(of)
    assert only(from_rule(DESK, envelope(), mail, age())).id == only(from_rule(DESK, envelope(), mail, age())).id


@pytest.mark.parametrize(
    ("caused_at", "installed", "status"),
    [
        (NOW, timedelta(days=30), "queued"),
        (NOW - timedelta(hours=24), timedelta(days=30), "queued"),
        (NOW - timedelta(hours=24, seconds=1), timedelta(days=30), "expired"),
        (NOW - timedelta(hours=2), timedelta(hours=1), "expired"),
    ],
)
def test_old_causes_are_told_to_nobody(caused_at: Any, installed: timedelta, status: str) -> None:
    """DESIGN §2: over a day old when first seen, or from before the install: recorded as expired, and why."""
    aged = age(installed_at=NOW - installed)
    for found in (
        only(from_fact(DESK, envelope(time=caused_at), added(item()), aged)),
        only(from_rule(DESK, envelope(), rule_mail(item(), caused_at=caused_at), aged)),
    ):
        assert found.status == status
        assert bool(found.reason) is (status == "expired")
        assert (found.next_attempt_at is None) is (status == "expired")


def test_rules_mail_is_as_old_as_what_caused_it() -> None:
    """DESIGN §2: a command that waited long is judged by the event behind it, not by itself."""
    old = rule_mail(item(), caused_at=NOW - timedelta(days=2))
    assert only(from_rule(DESK, envelope(time=NOW), old, age())).status == "expired"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("unknown@sender.invalid", "no mail can arrive there"),
        ("support@desk.example", "it is a mailbox of ours"),
        ("SUPPORT@desk.example", "it is a mailbox of ours"),
        ("nobody", "it is no mail address"),
        ("a b@x.example", "it is no mail address"),
        ("a@x.example\nBcc: b@y.example", "it is no mail address"),
        ("<a@x.example>", "it is no mail address"),
        ("", "it is no mail address"),
    ],
)
def test_mail_that_can_go_nowhere_is_withheld_and_shown(address: str, reason: str) -> None:
    """R6: it is a delivery with a reason, not silence; and nothing breaks out of a header."""
    found = only(from_fact(DESK, envelope(), added(item(requester=person(address))), age()))
    assert (found.status, found.reason, found.next_attempt_at) == ("suppressed", reason, None)


def test_suppressed_address_gets_nothing_more() -> None:
    """R5: mails that came back for good are not sent again and again."""
    queued = from_fact(DESK, envelope(), added(item(requester=person("MARTA@cliente.example"))), age())[0]
    kept = withheld(queued, {"marta@cliente.example"}).delivery
    assert (kept.status, kept.reason, kept.next_attempt_at) == ("suppressed", CAME_BACK, None)
    assert withheld(queued, {"other@x.example"}) is queued
    expired = from_fact(DESK, envelope(time=NOW - timedelta(days=9)), added(item()), age())[0]
    assert withheld(expired, {"marta@cliente.example"}) is expired


def test_rules_mail_carries_subject_text_and_rule() -> None:
    """P43: shown in the timeline with its text and its rule; the subject has the number once."""
    mail = rule_mail(item(), subject="Hello [#7]", text="Body")
    found = only(from_rule(DESK, envelope(), mail, age()))
    assert (found.subject, found.text, found.kind) == ("Hello [#1042]", "Body", "rule")
    assert (found.rule_id, found.effect_id) == (str(mail.rule_id), mail.effect_key), "its decision finds it by this"


@pytest.mark.parametrize(("language", "word"), [("pt", "Sobre"), ("es-AR", "Sobre"), ("fr", "propos"), ("xx", "About")])
def test_rules_mail_without_a_subject_is_neutral(language: str, word: str) -> None:
    """R5: no word of a stranger's own in the subject, in their language as far as we speak it."""
    found = only(from_rule(DESK, envelope(), rule_mail(item(title="Pills", language=language), subject=""), age()))
    assert word in found.subject
    assert "Pills" not in found.subject


def test_letters_hold_what_mails_show_and_nothing_else() -> None:
    """R7: no note, no other person, no field, no tag is kept among what mails are made of."""
    of = item(followers=(BEA,), fields={"f": "canary"}, tags=("canary",), assignee=RITA)
    note = message(of, public=False, text="canary")
    found = from_fact(DESK, envelope(), added(of, note, assignee=(None, str(RITA.id))), age())
    assert [q.contents.message for q in found] == [None]
    assert "canary" not in found[0].contents.item.model_dump_json()
    assert "canary" not in found[0].delivery.model_dump_json()
    public = from_fact(DESK, envelope(), added(of), age())
    assert all(q.contents.message is not None and q.contents.item.followers == () for q in public)


@pytest.mark.parametrize(
    ("recipient", "assignee", "status", "expected"),
    [
        (person(), RITA, "failed", True),
        (person(), None, "failed", False),
        (agent("ines"), RITA, "failed", False),
        (person(), RITA, "queued", False),
    ],
)
def test_failure_is_told_to_the_assignee(
    recipient: PersonRef, assignee: PersonRef | None, status: str, expected: bool
) -> None:
    """R6: what did not reach a customer is told to whoever works on it; what did not reach staff to nobody."""
    failed = delivery(recipient=recipient, status=status, reason="550 no\r\nsuch user")
    found = failure_of(DESK, envelope(), failed, item(assignee=assignee), NOW)
    assert (found is not None) is expected
    if found is not None:
        assert (found.delivery.kind, found.delivery.recipient, found.delivery.status) == ("failure", RITA, "queued")
        assert "marta@cliente.example: 550 no such user" in found.delivery.text
        assert found.delivery.subject.endswith("[#1042]")


def test_delivery_is_told_in_time_whatever_caused_it() -> None:
    """P32: accepted_at is carried to the end, so that the way of a mail can be measured."""
    about = envelope(accepted_at=NOW - timedelta(seconds=1))
    found = only(from_fact(DESK, about, added(item()), age()))
    assert (found.accepted_at, found.created_at, found.next_attempt_at) == (about.accepted_at, NOW, NOW)
    assert found.id != only(from_fact(DESK, envelope(id=new_id()), added(item()), age())).id
