"""What a custom field may hold, judged alike at the form's door and by the owner of items."""

import pytest
from pydantic import JsonValue

from services.tickets.domain.lifecycle import fault_of_field
from shared.contracts.state import FieldOption, FieldSpec
from shared.fields import TEXT_LIMIT, fault_of_value, missing_keys

SHOP = FieldSpec(key="shop", label="Which shop?", kind="select", options=(FieldOption(key="porto", label="Porto"),))


def spec(kind: str) -> FieldSpec:
    return SHOP if kind == "select" else FieldSpec(key="it", label="It", kind=kind)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("select", "porto"),
        ("checkbox", False),
        ("number", 2.5),
        ("number", -3),
        ("date", "2028-02-29"),
        ("text", "x" * TEXT_LIMIT),
        ("multiline", "a\nb"),
        ("number", None),
        ("date", ""),
    ],
)
def test_fitting_values_have_no_fault(kind: str, value: JsonValue) -> None:
    """P10: a good value, and an absent one, is taken as it is."""
    assert fault_of_value(spec(kind), value) is None


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [
        ("select", "lisboa", "no_option"),
        ("select", ["porto"], "no_option"),
        ("checkbox", "yes", "no_yes_or_no"),
        ("number", "12", "no_number"),
        ("number", True, "no_number"),
        ("number", float("inf"), "no_number"),
        ("number", float("nan"), "no_number"),
        ("date", "2026-02-29", "no_date"),
        ("date", "20261124", "no_date"),
        ("date", 20261124, "no_date"),
        ("text", 12, "no_text"),
        ("multiline", "x" * (TEXT_LIMIT + 1), "too_long"),
    ],
)
def test_other_values_are_named_by_what_is_wrong(kind: str, value: JsonValue, fault: str) -> None:
    """P11: each fault has a name of its own, and the owner of items refuses the same value about the same field."""
    field = spec(kind)
    assert fault_of_value(field, value) == fault
    refusal = fault_of_field(field, value)
    assert refusal is not None
    assert refusal.about == f"fields.{field.key}"


def test_required_fields_without_a_value_are_missing_in_order() -> None:
    """P11: no value, an empty one, and nothing at all are the same; "no" and 0 are answers."""
    specs = [FieldSpec(key=key, label=key, required=key != "d") for key in ("a", "b", "c", "d", "e", "f")]
    assert missing_keys(specs, {"b": "", "c": None, "d": "", "e": 0, "f": False}) == ["a", "b", "c"]
