"""When a rule's mail is withheld."""

from datetime import timedelta
from typing import Any

import pytest

from services.automation.domain.caps import MAILS_AN_HOUR, Caps
from services.automation.domain.judging import Judgement
from shared.contracts.state import Address, ItemState
from shared.ids import new_id
from tests.unit.automation.builders import (
    MAIL,
    NOW,
    TAG,
    added,
    changed,
    created,
    held,
    item,
    judged,
    outcomes,
    person,
    reasons,
    rule,
)

ADDRESS = "marta@cliente.example"
PUBLIC: dict[str, Any] = {"do": "message", "text": "We saw {{title}}", "public": True}


def mail_on(event_of: dict[str, Any] | None = None, caps: Caps | None = None, of: ItemState | None = None) -> Judgement:
    return judged(created(of, event_of), rule(MAIL), caps=caps)


@pytest.mark.parametrize("kind", ["auto_reply", "bounce", "list", "loop", "complaint", "receipt"])
def test_machines_mail_is_never_answered(kind: str) -> None:
    """R5, P44: a ticket is made of it, other actions run, the automatic mail is withheld and the decision says why."""
    judgement = judged(created(message_of={"automatic": kind}), rule(TAG, MAIL))
    assert outcomes(judgement) == ["emitted", "withheld"]
    assert kind in reasons(judgement)[1]


def test_held_message_mails_nobody() -> None:
    """R2: a held message mails nobody; a rule with its trigger may still do other things."""
    judgement = judged(held(), rule(MAIL, PUBLIC, TAG, trigger="held"))
    assert outcomes(judgement) == ["withheld", "withheld", "emitted"]


def test_five_automatic_mails_an_hour() -> None:
    """R5: the sixth to one address within an hour is withheld, whatever the ticket and the case of the address."""
    caps = Caps()
    each = [
        outcomes(mail_on(caps=caps, of=item(requester=person(ADDRESS.upper() if n % 2 else ADDRESS)))) for n in range(7)
    ]
    assert each == [["emitted"]] * MAILS_AN_HOUR + [["withheld"]] * 2
    assert len(caps.new) == MAILS_AN_HOUR
    assert {mailed.address for mailed in caps.new} == {ADDRESS}


def test_mails_of_earlier_batches_count() -> None:
    """R5: caps hold across batches and replicas; they are loaded, not remembered."""
    judgement = mail_on(caps=Caps(sent={ADDRESS: MAILS_AN_HOUR}))
    assert outcomes(judgement) == ["withheld"]
    assert "within an hour" in reasons(judgement)[0]


def test_sender_is_answered_once_a_day_about_an_item() -> None:
    """RELIABILITY, loops: at most one automatic answer a sender, item and day; another item is another matter."""
    of, caps = item(), Caps()
    reply = rule(MAIL, trigger="message_added")
    assert outcomes(judged(added(of), reply, caps=caps)) == ["emitted"]
    assert outcomes(judged(added(of), reply, caps=caps)) == ["withheld"]
    assert outcomes(judged(added(item()), reply, caps=caps)) == ["emitted"]


def test_two_rules_on_one_message_are_one_occasion() -> None:
    """P41: a second rule's mail on the same event is no second answer to a loop; the hourly cap counts both."""
    caps = Caps()
    assert outcomes(judged(created(), rule(MAIL), rule(MAIL), caps=caps)) == ["emitted", "emitted"]
    assert caps.sent[ADDRESS] == 2


def test_mail_on_an_agents_change_is_no_answer() -> None:
    """P43: a status rule mails the customer each time an agent changes the status, under the hourly cap alone."""
    of, caps = item(), Caps()
    told = rule(MAIL, trigger="changed")
    assert [outcomes(judged(changed(of, actor=f"agent:{new_id()}"), told, caps=caps)) for _ in range(2)] == [
        ["emitted"]
    ] * 2


@pytest.mark.parametrize(
    ("about", "outcome"),
    [
        ({}, "emitted"),
        ({"checked": True, "authentication": {"dmarc": "pass"}}, "emitted"),
        ({"checked": True, "authentication": {"dmarc": "none"}}, "withheld"),
        ({"checked": True, "authentication": {}}, "withheld"),
        ({"authentication": {"spf": "pass"}}, "withheld"),
        ({"checked": True, "authentication": {"dmarc": "fail"}, "flags": ("dmarc_fail",)}, "withheld"),
        ({"checked": True, "authentication": {"dmarc": "pass"}, "flags": ("two_from_headers",)}, "withheld"),
        ({"channel": "portal", "checked": False}, "emitted"),
    ],
)
def test_confirmation_where_a_border_looks(about: dict[str, Any], outcome: str) -> None:
    """DESIGN §5: where a border checks, only on dmarc=pass or to a known sender; where none does, under the caps."""
    assert outcomes(mail_on(about)) == [outcome]


def test_known_sender_is_answered_without_a_pass() -> None:
    """DESIGN §5: whom staff wrote to is known, a border that says nothing of their domain does not matter."""
    assert outcomes(mail_on({"checked": True}, Caps(known={ADDRESS}))) == ["emitted"]


def test_staff_reply_makes_an_address_known() -> None:
    """DESIGN §5: known is whom staff wrote to, whom an agent made an item for, or whom a border vouched for."""
    follower = person("bea@cliente.example")
    staff = {"by": "staff", "author": person("rita@desk.example", staff=True)}
    for event, learnt in (
        (added(item(followers=(follower,)), staff), {ADDRESS, follower.address}),
        (added(item(), {**staff, "public": False}), set()),
        (created(actor=f"agent:{new_id()}"), {ADDRESS}),
        (created(message_of={"checked": True, "authentication": {"dmarc": "pass"}}), {ADDRESS}),
        (created(), set()),
    ):
        caps = Caps()
        caps.learn(event)
        assert {address for address, known in caps.learnt.items() if known} == learnt


def test_doubt_outlives_the_event() -> None:
    """A chain of rules is no way round the border: the change that a rule made mails the doubted sender nothing."""
    of, caps = item(), Caps()
    first = rule({"do": "set", "field": "status", "value": "in_progress"})
    judged(created(of, {"checked": True}), first, caps=caps)
    assert caps.learnt == {ADDRESS: False}
    again = judged(
        changed(of, actor=f"rule:{first.id}", causes=(str(first.id),)), rule(MAIL, trigger="changed"), caps=caps
    )
    assert outcomes(again) == ["withheld"]


def test_known_address_is_not_doubted_again() -> None:
    """A forged mail in a known customer's name costs them no later answer."""
    caps = Caps(known={ADDRESS})
    caps.learn(created(message_of={"checked": True, "authentication": {"dmarc": "fail"}}))
    assert caps.learnt == {}


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("support@desk.example", "mailbox"),
        ("unknown@sender.invalid", "arrive"),
        ("nobody@invalid", "arrive"),
        ("", "arrive"),
    ],
)
def test_nothing_goes_where_it_makes_no_sense(address: str, word: str) -> None:
    """R5: our own mailboxes are not written to, nor a sender that nobody can be told to be."""
    judgement = mail_on(of=item(requester=person(address)), caps=Caps(ours={"support@desk.example"}))
    assert outcomes(judgement) == ["withheld"]
    assert word in reasons(judgement)[0]


def test_public_message_of_a_rule_is_capped_like_a_mail() -> None:
    """R5: a public message reaches requester and followers by mail, so it is no way round the caps."""
    assert outcomes(judged(created(), rule(PUBLIC), caps=Caps(sent={ADDRESS: 5}))) == ["withheld"]
    assert outcomes(judged(created(message_of={"automatic": "auto_reply"}), rule(PUBLIC))) == ["withheld"]
    assert outcomes(judged(created(message_of={"automatic": "auto_reply"}), rule({**PUBLIC, "public": False}))) == [
        "emitted"
    ]


def test_follower_over_the_cap_is_left_out_alone() -> None:
    """R5: one address that had enough does not silence the others; the decision says how many were left out."""
    of = item(followers=(person("a@a.example"), person("b@b.example")))
    judgement = judged(
        changed(of), rule({**MAIL, "to": "followers"}, trigger="changed"), caps=Caps(sent={"a@a.example": 5})
    )
    assert outcomes(judgement) == ["emitted"]
    assert reasons(judgement)[0].startswith("1 left out")
    body = judgement.follows[0].body
    assert [p["address"] for p in body.model_dump()["to"]] == ["b@b.example"]


@pytest.mark.parametrize("to", ["assignee", "followers"])
def test_mail_to_nobody_is_withheld(to: str) -> None:
    """R11: a mail without a reader is a decision that says so, not silence."""
    judgement = judged(created(), rule({**MAIL, "to": to}))
    assert outcomes(judgement) == ["withheld"]
    assert "nobody" in reasons(judgement)[0]


TITLED: dict[str, Any] = {
    "do": "mail",
    "to": "requester",
    "subject": "{{title}}",
    "text": "{{title}} by {{requester.name}}",
}


@pytest.mark.parametrize(
    ("about", "caps", "quoted"),
    [
        ({}, Caps(), False),
        ({"channel": "portal"}, Caps(), False),
        ({"checked": True, "authentication": {"dmarc": "pass"}}, Caps(), True),
        ({}, Caps(known={ADDRESS}), True),
    ],
)
def test_strangers_words_are_quoted_to_nobody(about: dict[str, Any], caps: Caps, quoted: bool) -> None:
    """R5: before somebody vouched for them, a mail carries not a word of theirs, to them or to whom they copied."""
    of = item(title="Buy pills", requester=person(name="Dr Evil"), followers=(person("victim@bank.example"),))
    for to in ("requester", "followers"):
        body = judged(created(of, about), rule({**TITLED, "to": to}), caps=caps).follows[0].body.model_dump()
        assert ("Buy pills" in body["subject"] + body["text"]) is quoted
        assert ("Dr Evil" in body["text"]) is quoted


@pytest.mark.parametrize(("caps", "subject"), [(Caps(), ""), (Caps(known={ADDRESS}), "Re: Buy pills")])
def test_mail_without_a_subject_takes_the_items_if_it_may(caps: Caps, subject: str) -> None:
    """R5: a title is the requester's word; a stranger's is no subject of ours."""
    action = {"do": "mail", "to": "requester", "text": "Hello"}
    body = judged(created(item(title="Buy pills")), rule(action), caps=caps).follows[0].body.model_dump()
    assert body["subject"] == subject


def test_sender_is_who_they_are_known_as() -> None:
    """R5: a domain written in its own letters is the same sender for the caps as its ASCII form."""
    of, caps = item(requester=person("ana@xn--bcher-kva.example")), Caps()
    wrote = {"sender": Address(address="Ana@bücher.example")}
    reply = rule(MAIL, trigger="message_added")
    assert outcomes(judged(added(of, wrote), reply, caps=caps)) == ["emitted"]
    assert outcomes(judged(added(of, wrote), reply, caps=caps)) == ["withheld"]


def test_staff_may_read_a_strangers_words() -> None:
    """A mail to the assignee tells what the request is about."""
    of = item(title="Buy pills", assignee=person("rita@desk.example", staff=True))
    body = judged(created(of), rule({**TITLED, "to": "assignee"})).follows[0].body.model_dump()
    assert "Buy pills" in body["text"]


def test_chain_of_rules_quotes_no_stranger_either() -> None:
    """R5: the words stay out when the mail follows from another rule's change, until someone knows the address."""
    of = item(title="Buy pills")
    told = rule(TITLED, trigger="changed")
    body = judged(changed(of, actor=f"rule:{new_id()}"), told).follows[0].body.model_dump()
    assert "Buy pills" not in body["text"]
    body = judged(changed(of, actor=f"agent:{new_id()}"), told).follows[0].body.model_dump()
    assert "Buy pills" in body["text"], "an agent who changed the item has looked at it"


def test_expired_mail_counts_towards_no_cap() -> None:
    """A rewound group that sends nothing uses up nobody's caps."""
    caps = Caps()
    judged(created(time=NOW - timedelta(days=2)), rule(MAIL, activated_at=NOW - timedelta(days=9)), caps=caps)
    assert caps.new == []
