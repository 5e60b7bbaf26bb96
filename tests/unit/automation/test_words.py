"""Words of rules: placeholders filled once, a stranger's words left out, nothing larger than a record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.automation.domain.words import MAX_BYTES, PLACEHOLDERS, filled, labels_of, unknown_placeholders
from shared.contracts.state import StatusSpec, TeamState, TypeState
from tests.unit.automation.builders import item, person

TYPES = [
    TypeState(
        version=1,
        key="hardware",
        label="Hardware & ONT",
        statuses=(StatusSpec(key="in_progress", label="Em curso", state="in_progress"),),
    )
]
TEAMS = [TeamState(version=1, key="field-team", label="Equipa de campo")]
ITEM = item(
    type="hardware",
    status="in_progress",
    team="field-team",
    title="Sem luz",
    fields={"shop": "porto", "floors": 3},
    assignee=person("tomas@desk.example", name="Tomás", staff=True),
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("#{{number}}", "#1042"),
        ("{{ title }}", "Sem luz"),
        ("{{status}} / {{type}} / {{team}}", "Em curso / Hardware & ONT / Equipa de campo"),
        ("{{priority}} {{channel}}", "normal mail"),
        ("{{requester.name}} <{{requester.address}}>", "Marta <marta@cliente.example>"),
        ("{{assignee.name}}", "Tomás"),
        ("{{fields.shop}} {{fields.floors}} {{fields.none}}.", "porto 3 ."),
        ("{{link}}", "{{link}}"),
        ("nothing", "nothing"),
    ],
)
def test_placeholders_are_filled_with_labels(template: str, expected: str) -> None:
    """P43: a rule's mail carries values of its ticket, in the words that people know."""
    assert filled(template, ITEM, labels_of(TYPES, TEAMS)) == expected


def test_key_without_a_label_is_spoken() -> None:
    """A copy that has not come yet costs a word, never the mail."""
    assert filled("{{status}} {{team}}", ITEM, {}) == "in progress field team"


def test_nameless_requester_is_named_by_address() -> None:
    """Nobody is greeted with nothing."""
    assert filled("Hello {{requester.name}}", item(requester=person(name="")), {}) == "Hello marta@cliente.example"


def test_strangers_words_are_left_out() -> None:
    """RELIABILITY, loops: no attacker text in the first confirmation: neither title, nor name, nor form fields."""
    stranger = item(requester=person(name="Buy now at evil.example"), title="Cheap pills", fields={"shop": "evil"})
    text = filled("{{requester.name}}|{{title}}|{{fields.shop}}|{{number}}", stranger, {}, trusted=False)
    assert text == "marta@cliente.example|||1042"


def test_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    """A requester cannot have a field read out by naming their request after it."""
    assert filled("{{title}}", item(title="{{requester.address}}"), {}) == "{{requester.address}}"


@pytest.mark.parametrize(
    ("template", "unknown"),
    [
        ("{{number}} {{fields.any_thing}}", []),
        ("{{ link }}", ["link"]),
        ("{{Number}}", ["Number"]),
        ("{{requester name}}", ["requester name"]),
        ("{{}}", [""]),
        ("{{fields.}}", ["fields."]),
        ("{ {number} }", []),
    ],
)
def test_unknown_placeholders_are_named(template: str, unknown: list[str]) -> None:
    """A misspelt placeholder is found when the rule is saved, not by the customer."""
    assert unknown_placeholders(template) == unknown


@given(template=st.lists(st.sampled_from([*PLACEHOLDERS, "fields.shop"]).map(lambda n: f"{{{{{n}}}}} ")).map("".join))
def test_what_is_not_unknown_is_filled(template: str) -> None:
    """A template without unknown placeholders leaves no braces in a mail."""
    assert unknown_placeholders(template) == []
    assert "{{" not in filled(template, ITEM, labels_of(TYPES, TEAMS))


@given(title=st.text(min_size=1, max_size=255), count=st.integers(1, 2000))
def test_text_fits_into_a_record(title: str, count: int) -> None:
    """A long value that stands in a template very often cannot make a record that no broker takes."""
    text = filled("{{title}}" * count, ITEM.model_copy(update={"title": title}), {})
    assert len(text.encode()) <= MAX_BYTES
    assert text == (title * count)[: len(text)]
