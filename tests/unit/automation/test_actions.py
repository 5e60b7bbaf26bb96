"""Actions: their shape is checked when a rule is saved, so that carrying them out cannot fail on it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.automation.domain.actions import MAX_TEXT, check_action
from services.automation.domain.caps import Caps
from services.automation.domain.effects import Effect, Follows, carry_out
from services.automation.domain.fault import Fault, FaultError
from services.automation.domain.rules import Rule, compile_rule
from shared.contracts.tickets import AddMessage
from shared.ids import seed_id
from tests.unit.automation.builders import context, created, item, person, rule

SOMEONE = str(seed_id("person"))
GOOD: list[dict[str, Any]] = [
    {"do": "assign", "team": "hardware"},
    {"do": "assign", "team": "hardware", "member": "in_turn"},
    {"do": "assign", "member": SOMEONE},
    {"do": "set", "field": "status", "value": "waiting"},
    {"do": "set", "field": "priority", "value": "urgent"},
    {"do": "set", "field": "team", "value": None},
    {"do": "set", "field": "assignee", "value": None},
    {"do": "set", "field": "assignee", "value": SOMEONE},
    {"do": "set", "field": "fields.shop", "value": "porto"},
    {"do": "set", "field": "title", "value": "A title"},
    {"do": "tag", "tags": ["vip"]},
    {"do": "untag", "tags": ["vip", "porto"]},
    {"do": "follow", "address": "manager@loja.example"},
    {"do": "mail", "to": "requester", "subject": "#{{number}}", "text": "See {{link}}"},
    {"do": "mail", "to": "followers", "text": "No subject: the item's own"},
    {"do": "mail", "to": "assignee", "text": "{{ title }} {{fields.shop}}"},
    {"do": "message", "text": "Hello", "public": True},
    {"do": "message", "text": "For us"},
    {"do": "note", "text": "Seen {{status}}"},
]


@pytest.mark.parametrize("action", GOOD)
def test_good_action_is_taken_and_can_be_carried_out(action: dict[str, Any]) -> None:
    """P41: whatever the check lets through becomes a command."""
    check_action(action, "actions.0")
    compiled = compile_rule(rule(action))
    assert isinstance(compiled, Rule)
    event = created(item(assignee=person("rita@desk.example", staff=True), followers=(person("b@b.example"),)))
    assert isinstance(carry_out(Effect(event, compiled, 0, action), Caps(), context()), Follows)


@pytest.mark.parametrize(
    ("action", "code", "place"),
    [
        ({}, "unknown_action", "do"),
        ({"do": "explode"}, "unknown_action", "do"),
        ({"do": ["tag"]}, "unknown_action", "do"),
        ({"do": "tag", "tags": ["x"], "colour": "red"}, "invalid", "colour"),
        ({"do": "assign"}, "invalid", "team"),
        ({"do": "assign", "team": ""}, "invalid", "team"),
        ({"do": "assign", "team": 3}, "invalid", "team"),
        ({"do": "assign", "team": "hardware", "member": "the best"}, "invalid", "member"),
        ({"do": "assign", "member": "in_turn"}, "invalid", "team"),
        ({"do": "set", "field": "number", "value": 1}, "invalid", "field"),
        ({"do": "set", "field": "title"}, "invalid", "value"),
        ({"do": "set", "field": "title", "value": "two\nlines"}, "invalid", "value"),
        ({"do": "set", "field": "status", "value": None}, "invalid", "value"),
        ({"do": "set", "field": "priority", "value": "asap"}, "invalid", "value"),
        ({"do": "set", "field": "priority", "value": ["high"]}, "invalid", "value"),
        ({"do": "set", "field": "assignee", "value": "rita"}, "invalid", "value"),
        ({"do": "tag", "tags": []}, "invalid", "tags"),
        ({"do": "tag", "tags": "vip"}, "invalid", "tags"),
        ({"do": "tag", "tags": ["x" * 61]}, "invalid", "tags"),
        ({"do": "tag", "tags": ["a"] * 21}, "invalid", "tags"),
        ({"do": "untag", "tags": [None]}, "invalid", "tags"),
        ({"do": "follow", "address": "nobody"}, "invalid", "address"),
        ({"do": "follow", "address": "a b@c.example"}, "invalid", "address"),
        ({"do": "follow", "address": "a@b.example\nBcc: x@y.example"}, "invalid", "address"),
        ({"do": "mail", "to": "everyone", "text": "x"}, "invalid", "to"),
        ({"do": "mail", "to": "requester", "text": " "}, "invalid", "text"),
        ({"do": "mail", "to": "requester", "text": "a\x00b"}, "invalid", "text"),
        ({"do": "mail", "to": "requester", "text": "x" * (MAX_TEXT + 1)}, "invalid", "text"),
        ({"do": "mail", "to": "requester", "subject": "a\r\nBcc: x@y.example", "text": "x"}, "invalid", "subject"),
        ({"do": "mail", "to": "requester", "subject": "{{link}}", "text": "x"}, "invalid", "subject"),
        ({"do": "mail", "to": "requester", "text": "{{password}}"}, "invalid", "text"),
        ({"do": "mail", "to": "requester", "text": "{{Requester Name}}"}, "invalid", "text"),
        ({"do": "mail", "to": "requester", "text": "{{fields.}}"}, "invalid", "text"),
        ({"do": "message", "text": "See {{link}}", "public": True}, "invalid", "text"),
        ({"do": "message", "text": "x", "public": "yes"}, "invalid", "public"),
        ({"do": "note", "text": "{{link}}"}, "invalid", "text"),
    ],
)
def test_bad_action_is_refused_with_its_place(action: dict[str, Any], code: str, place: str) -> None:
    """Bad input gets a clear error: the part of the action that is wrong is named."""
    with pytest.raises(FaultError) as caught:
        check_action(action, "actions.3")
    assert (caught.value.fault.code, caught.value.fault.place) == (code, f"actions.3.{place}")
    assert caught.value.fault.text


def test_message_of_a_rule_has_a_derived_id() -> None:
    """What a rule writes is named by its cause, so that its Message-ID, a part of the id, is its own."""
    action: dict[str, Any] = {"do": "message", "text": "Hello", "public": True}
    compiled = compile_rule(rule(action))
    assert isinstance(compiled, Rule)
    follows = carry_out(Effect(created(), compiled, 0, action), Caps(), context())
    assert isinstance(follows, Follows)
    assert isinstance(follows.body, AddMessage)
    assert follows.body.message_id.version == 5


json_values = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2)
)
parts = st.sampled_from(["team", "member", "field", "value", "tags", "address", "to", "subject", "text", "public"])
kinds = st.sampled_from(["assign", "set", "tag", "untag", "follow", "mail", "message", "note", "explode"])


@given(kind=kinds, values=st.dictionaries(parts, json_values, max_size=5))
def test_action_is_refused_by_name_or_becomes_a_command(kind: str, values: dict[str, Any]) -> None:
    """P41: there is no action between the two: none passes the check and fails when it is carried out."""
    action = {"do": kind, **values}
    compiled = compile_rule(rule(action))
    if isinstance(compiled, Fault):
        assert compiled.place.startswith("actions.0") or "NUL" in compiled.text
        return
    carry_out(Effect(created(), compiled, 0, action), Caps(), context())
