"""Texts and values that programs send: what is taken can be stored and said again."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.portal_gateway.domain.texts import address, lines, one_line, storable
from services.portal_gateway.routes.api.bodies import ItemChange, NewItem, NewMessage, NewRule, TypeChange


@pytest.mark.parametrize("bad", ["a\x00b", "a\nb", "a\rb", "a\x1bb", "a\x7fb", "a\u2028b", "\ud800"])
def test_one_line_is_one_line(bad: str) -> None:
    """Titles and names hold no line break and no control character."""
    with pytest.raises(ValueError, match="one line"):
        one_line(bad)
    assert one_line("Café às 9 — ok") == "Café às 9 — ok"


def test_lines_keep_their_breaks() -> None:
    """Texts keep lines and tabs; other control characters are refused."""
    assert lines("a\r\nb\rc\td") == "a\nb\nc\td"
    for bad in ("a\x00", "\x08", "\udfff"):
        with pytest.raises(ValueError, match="text"):
            lines(bad)


@pytest.mark.parametrize("bad", ["", "ana", "@x", "a@", "a b@c", "a@b@c", "a@b\n", "<a@b>", "a,b@c", "x" * 260 + "@b"])
def test_what_is_no_address_is_refused(bad: str) -> None:
    """Mail goes to addresses only."""
    with pytest.raises(ValueError, match=r"address|one line"):
        address(bad)


def deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("bad", [math.nan, math.inf, 2**60, "a\x00", {"\x00": 1}, ["\ud800"], deep(40), object()])
def test_values_that_cannot_be_stored_are_refused(bad: object) -> None:
    """NUL, lone surrogates, NaN and bottomless nesting never reach a record."""
    with pytest.raises(ValueError, match=r"text|number|nested|JSON"):
        storable(bad)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_what_is_taken_survives_json(value: object) -> None:
    """Every value is refused, or is the same after JSON."""
    try:
        taken = storable(value)
    except ValueError:
        return
    assert json.loads(json.dumps(taken).encode()) == taken


GOOD_ITEM = {"type": "hardware", "title": "ONT", "text": "Olá", "requester": {"address": "ana@shop.example"}}


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"title": "x" * 256},
        {"title": "a\nb"},
        {"text": "a\x00"},
        {"requester": {"address": "ana"}},
        {"requester": {}},
        {"priority": "huge"},
        {"kind": "project"},
        {"unknown": 1},
        {"tags": ["x"] * 51},
        {"tags": [""]},
        {"fields": {"Shop": "porto"}},
        {"fields": {"shop": "a\x00"}},
    ],
)
def test_new_items_have_bounds(change: dict[str, object]) -> None:
    """Each bound of a new item has a value that it refuses."""
    NewItem.model_validate(GOOD_ITEM)
    with pytest.raises(ValidationError):
        NewItem.model_validate({**GOOD_ITEM, **change})


def test_changes_tell_absent_from_null() -> None:
    """An assignee of null is nobody; an absent one stays."""
    assert ItemChange.model_validate({"assignee": None}).model_fields_set == {"assignee"}
    assert ItemChange.model_validate({"title": "x"}).model_fields_set == {"title"}
    for bad in ({"title": None}, {"status": 5}, {"follow": [{"address": "a@b"}] * 21}, {"version": 1}):
        with pytest.raises(ValidationError):
            ItemChange.model_validate(bad)


def test_whether_a_message_is_public_is_always_said() -> None:
    """P31: nothing is public by forgetting to say otherwise."""
    with pytest.raises(ValidationError):
        NewMessage.model_validate({"text": "x"})
    assert NewMessage.model_validate({"text": "x", "public": "false"}).public is False


def test_rules_and_types_refuse_what_they_do_not_know() -> None:
    """A misspelt part is named, not passed over."""
    with pytest.raises(ValidationError, match="filters"):
        NewRule.model_validate({"name": "R", "trigger": "created", "filters": {}, "actions": []})
    with pytest.raises(ValidationError, match="kind"):
        TypeChange.model_validate({"fields": [{"key": "shop", "label": "Shop", "kind": "colour"}]})
