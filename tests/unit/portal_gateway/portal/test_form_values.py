"""What somebody typed into a form becomes values, or is told what is wrong with it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal_gateway.domain.form_values import (
    FIELDS_BYTES,
    TEXT_BYTES,
    TRAP,
    clean,
    cleaned,
    fault_of_answer,
    judge,
)
from services.tickets.domain.bounds import clip, fitting_fields
from services.tickets.domain.lifecycle import fault_of_fields, missing_fields
from shared.contracts.state import FieldOption, FieldSpec, TypeState
from tests.unit.portal_gateway.portal.builders import STATUSES

SHOP = FieldSpec(
    key="shop", label="Which shop?", kind="select", required=True, options=(FieldOption(key="porto", label="Porto"),)
)
SPECS = (
    SHOP,
    FieldSpec(key="count", label="How many?", kind="number"),
    FieldSpec(key="since", label="Since when?", kind="date"),
    FieldSpec(key="urgent", label="Is it urgent?", kind="checkbox"),
    FieldSpec(key="terms", label="I agree", kind="checkbox", required=True),
    FieldSpec(key="story", label="Story", kind="multiline"),
    FieldSpec(key="serial", label="Serial", kind="text"),
)
GOOD = {
    "name": "  Ana   Torres ",
    "address": " Ana.Torres@Correo.example ",
    "title": "Fish\nstopped  eating",
    "text": " The two clownfish\nstopped eating. ",
    "fields.shop": "porto",
    "fields.count": " 2.5 ",
    "fields.since": "2026-11-21",
    "fields.terms": "yes",
    "fields.story": " One\n\nTwo ",
    "fields.serial": "HG  814",
}
OURS = frozenset({"support@desk.example"})


def faults(**changes: str) -> dict[str, str]:
    typed = {**GOOD, **{name.replace("__", "."): value for name, value in changes.items()}}
    return dict(judge(SPECS, typed, OURS).faults)


def test_a_good_form_is_taken_as_values() -> None:
    """P4, P10: texts are trimmed, numbers and boxes have their kind, what was not answered is not there."""
    judged = judge(SPECS, {**GOOD, "fields.gone": "of an older form", "utm": "x"}, OURS)
    assert judged.faults == {}
    assert judged.filled is not None
    assert (judged.filled.name, judged.filled.address) == ("Ana Torres", "Ana.Torres@Correo.example")
    assert (judged.filled.title, judged.filled.text) == ("Fish stopped eating", "The two clownfish\nstopped eating.")
    assert judged.filled.values == {
        "shop": "porto",
        "count": 2.5,
        "since": "2026-11-21",
        "urgent": False,
        "terms": True,
        "story": "One\n\nTwo",
        "serial": "HG 814",
    }


def test_only_name_address_words_and_required_fields_are_asked() -> None:
    """P5, P11: each missing one is named, the optional ones are not; what was typed stays."""
    judged = judge(SPECS, {"fields.serial": "HG-814"}, OURS)
    assert set(judged.faults) == {"name", "address", "title", "text", "fields.shop", "fields.terms"}
    assert set(judged.faults.values()) == {"missing"}
    assert judged.filled is None
    assert judged.typed["fields.serial"] == "HG-814"


@pytest.mark.parametrize(
    ("name", "typed", "fault"),
    [
        ("address", "ana.torres", "no_address"),
        ("address", "ana@torres@example.com", "no_address"),
        ("address", "ana@localhost", "no_address"),
        ("address", "Ana <ana@correo.example>", "no_address"),
        ("address", "Support@desk.example", "own_address"),
        ("name", "x" * 121, "too_long"),
        ("title", "x" * 201, "too_long"),
        ("text", "é" * (TEXT_BYTES // 2 + 1), "too_long"),
        ("fields__shop", "lisboa", "no_option"),
        ("fields__count", "two", "no_number"),
        ("fields__count", "1_000", "no_number"),
        ("fields__count", "9" * 400, "no_number"),
        ("fields__since", "21.11.2026", "no_date"),
        ("fields__serial", "x" * 10_001, "too_long"),
        ("fields__story", "🐟" * 5_000, "too_long"),
        ("fields__terms", "no", "missing"),
        (TRAP, "http://spam.example", "trap"),
    ],
)
def test_each_bad_answer_is_named(name: str, typed: str, fault: str) -> None:
    """P11: the fault stands at its own field, and nothing else is refused for it."""
    assert faults(**{name: typed}) == {name.replace("__", "."): fault}


def test_addresses_inside_a_company_are_taken() -> None:
    """A desk for a company's own shops takes addresses that only its own mail server knows."""
    assert faults(address="loja7@aquario.local") == {}
    assert faults(address="joão@münchen.example") == {}


def test_control_characters_do_not_come_through() -> None:
    """No database, log or page gets what it cannot take; lines end alike."""
    assert clean("a\x00b\x1b[31m\r\nc\rd\te\ud800") == "ab[31m\nc\nd\te"
    assert cleaned([("text", "a\x00"), ("text", "b")]) == {"text": "b"}


def test_an_answer_needs_words_or_a_file() -> None:
    """P14: a photo alone is an answer; nothing is none; a book goes as a file."""
    assert fault_of_answer("", with_files=False) == "missing"
    assert fault_of_answer("", with_files=True) is None
    assert fault_of_answer("Reiniciei", with_files=False) is None
    assert fault_of_answer("x" * (TEXT_BYTES + 1), with_files=True) == "too_long"


texts = st.text(max_size=60) | st.sampled_from(["yes", "porto", "12", "2026-01-01", "x" * 12_000, "é" * 9_000])


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), texts))
def test_what_is_taken_is_never_refused_or_clipped_by_its_owner(changes: dict[str, str]) -> None:
    """After a submission is accepted it is never refused: the form's rules are the owner's, and never wider."""
    judged = judge(SPECS, cleaned((GOOD | changes).items()), OURS)
    if judged.filled is None:
        return
    kind = TypeState(version=1, key="hardware", label="Hardware", fields=SPECS, statuses=STATUSES)
    values: dict[str, Any] = dict(judged.filled.values)
    assert fault_of_fields(kind, values) is None
    assert missing_fields(kind, values) == []
    assert fitting_fields(values) == values
    assert clip(judged.filled.text) == judged.filled.text


def test_all_fields_together_fit_one_record() -> None:
    """Three long stories that fit one by one and not together are named before anything is made."""
    specs = tuple(FieldSpec(key=f"story_{n}", label="Story", kind="multiline") for n in range(4))
    typed = {**GOOD, **{f"fields.story_{n}": "x" * 9_000 for n in range(4)}}
    assert judge(specs, typed, OURS).faults == {"fields.story_3": "too_long"}
    assert FIELDS_BYTES < 4 * 9_000
