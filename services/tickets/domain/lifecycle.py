"""Types and their lifecycles: where an item begins, what its statuses mean, what a field may hold."""

from pydantic import JsonValue

from services.tickets.domain.workspace import Refusal
from shared.contracts.state import FieldSpec, ItemState, StatusSpec, TypeState
from shared.fields import TEXT_LIMIT, Fault, fault_of_value, missing_keys

DEFAULT_STATUSES = (
    StatusSpec(key="new", label="New", state="not_started", phase="triage"),
    StatusSpec(key="in_progress", label="In progress", state="in_progress"),
    StatusSpec(key="waiting", label="Waiting on customer", state="in_progress", waits_on="customer"),
    StatusSpec(key="on_hold", label="On hold", state="in_progress", waits_on="other"),
    StatusSpec(key="solved", label="Solved", state="finished", phase="delivery"),
)

_WANTED: dict[Fault, str] = {
    "no_option": "choose one of the options",
    "no_yes_or_no": "yes or no",
    "no_number": "a number",
    "no_date": "a date such as 2026-11-24",
    "no_text": f"text of at most {TEXT_LIMIT} characters",
    "too_long": f"text of at most {TEXT_LIMIT} characters",
}


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
    fault = fault_of_value(spec, value)
    return Refusal("invalid", f"{spec.label}: {_WANTED[fault]}.", about=f"fields.{spec.key}") if fault else None


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
    return missing_keys(kind.fields, values)


def is_incomplete(kind: TypeState | None, item: ItemState) -> bool:
    """A retired type, or a required field that a form asks for and did not get, flags an item; none is refused for it.

    Mail, phone and programs are asked for no fields: what they leave out is no fault of theirs.
    """
    return kind is None or kind.retired or (item.channel == "portal" and bool(missing_fields(kind, item.fields)))
