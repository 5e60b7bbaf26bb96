"""What a custom field may hold: the one rule that the form's door and the owner of items judge by.

Invariant: pure; whoever says a sentence about a fault says it in their own words.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from pydantic import JsonValue

from shared.contracts.state import FieldSpec

TEXT_LIMIT = 10_000

#: Why a value does not fit its field.
Fault = Literal["no_option", "no_yes_or_no", "no_number", "no_date", "no_text", "too_long"]


def is_absent(value: JsonValue) -> bool:
    """Nothing was said."""
    return value is None or value == ""


def fault_of_value(spec: FieldSpec, value: JsonValue) -> Fault | None:
    """Why a value does not fit its field; none when it does. Absent values are judged by `missing_keys`."""
    if is_absent(value):
        return None
    fault: Fault
    if spec.kind == "select":
        fits, fault = any(value == option.key for option in spec.options), "no_option"
    elif spec.kind == "checkbox":
        fits, fault = isinstance(value, bool), "no_yes_or_no"
    elif spec.kind == "number":
        fits, fault = _is_number(value), "no_number"
    elif spec.kind == "date":
        fits, fault = _is_date(value), "no_date"
    elif isinstance(value, str):
        fits, fault = len(value) <= TEXT_LIMIT, "too_long"
    else:
        fits, fault = False, "no_text"
    return None if fits else fault


def missing_keys(specs: Sequence[FieldSpec], values: Mapping[str, JsonValue]) -> list[str]:
    """Keys of required fields without a value, in the order of the fields."""
    return [spec.key for spec in specs if spec.required and is_absent(values.get(spec.key))]


def _is_number(value: JsonValue) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _is_date(value: JsonValue) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
