"""Types and their lifecycles: where an item begins, what its statuses mean, what a field may hold."""

from datetime import date

from pydantic import JsonValue

from services.tickets.domain.workspace import Refusal
from shared.contracts.state import FieldSpec, ItemState, StatusSpec, TypeState

DEFAULT_STATUSES = (
    StatusSpec(key="new", label="New", state="not_started", phase="triage"),
    StatusSpec(key="in_progress", label="In progress", state="in_progress"),
    StatusSpec(key="waiting", label="Waiting on customer", state="in_progress", waits_on="customer"),
    StatusSpec(key="on_hold", label="On hold", state="in_progress", waits_on="other"),
    StatusSpec(key="solved", label="Solved", state="finished", phase="delivery"),
)

TEXT_LIMIT = 10_000


def status_of(kind: TypeState, key: str) -> StatusSpec | None:
    return next((status for status in kind.statuses if status.key == key), None)


def first_status(kind: TypeState) -> StatusSpec:
    return kind.statuses[0]


def awakened_status(kind: TypeState, item: ItemState) -> StatusSpec | None:
    """Where an item goes when its customer writes: the first status of work, if it is finished or waits for them.

    Returns:
        None where it stays as it is.
    """
    current = status_of(kind, item.status)
    if item.state != "finished" and (current is None or current.waits_on != "customer"):
        return None
    working = (s for s in kind.statuses if s.state == "in_progress" and s.waits_on == "none")
    found = next(working, next((s for s in kind.statuses if s.state != "finished"), first_status(kind)))
    return None if found.key == item.status else found


def fault_of_field(spec: FieldSpec, value: JsonValue) -> Refusal | None:
    """Why a value does not fit its field; none when it does. Absent values are judged by `missing_fields`."""
    if value is None or value == "":
        return None
    if spec.kind == "select":
        fits, wanted = value in {option.key for option in spec.options}, "choose one of the options"
    elif spec.kind == "checkbox":
        fits, wanted = isinstance(value, bool), "yes or no"
    elif spec.kind == "number":
        fits, wanted = isinstance(value, int | float) and not isinstance(value, bool), "a number"
    elif spec.kind == "date":
        fits, wanted = _is_date(value), "a date such as 2026-11-24"
    else:
        fits, wanted = isinstance(value, str) and len(value) <= TEXT_LIMIT, f"text of at most {TEXT_LIMIT} characters"
    return None if fits else Refusal("invalid", f"{spec.label}: {wanted}.", about=f"fields.{spec.key}")


def fault_of_fields(kind: TypeState, values: dict[str, JsonValue]) -> Refusal | None:
    """The first fault among custom fields: one that the type does not have, or a value that does not fit."""
    specs = {spec.key: spec for spec in kind.fields}
    for key, value in values.items():
        if key not in specs:
            return Refusal("unknown_field", f"{kind.label} has no field {key}.", about=f"fields.{key}")
        fault = fault_of_field(specs[key], value)
        if fault is not None:
            return fault
    return None


def missing_fields(kind: TypeState, values: dict[str, JsonValue]) -> list[str]:
    """Keys of required fields without a value."""
    return [spec.key for spec in kind.fields if spec.required and values.get(spec.key) in {None, ""}]


def is_incomplete(kind: TypeState | None, item: ItemState) -> bool:
    """A retired type or a required field without a value flags an item; nothing accepted is refused for it."""
    return kind is None or kind.retired or (item.channel == "portal" and bool(missing_fields(kind, item.fields)))


def _is_date(value: JsonValue) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return isinstance(value, str)
