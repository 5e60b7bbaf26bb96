"""What somebody typed into a form: cleaned, judged by the type's fields, made into values.

Invariant: what is taken fits the owner's rules (`shared.fields`) and one record, so nothing accepted is clipped later.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import JsonValue

from shared.contracts.state import FieldSpec
from shared.fields import Fault as ValueFault
from shared.fields import fault_of_value, is_absent

TITLE_LIMIT = 200
NAME_LIMIT = 120
ADDRESS_LIMIT = 254
#: A text of so many characters always fits `TEXT_BYTES` in our languages; what does not is told by its bytes.
TEXT_CHARACTERS = 50_000
TEXT_BYTES = 64 * 1024
FIELD_BYTES = 16 * 1024
FIELDS_BYTES = 32 * 1024
#: Of a field that people cannot see; what fills it is a program.
TRAP = "extra"
FIELD_PREFIX = "fields."

#: What is wrong with an answer; `missing` asks for one.
Fault = ValueFault | Literal["missing", "no_address", "own_address", "trap"]

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:[.][0-9]{1,20})?")
_PRIVATE = (".local", ".test")
_YES = {"yes", "true", "on", "1"}


@dataclass(frozen=True)
class Filled:
    """A form that can be taken."""

    name: str
    address: str
    title: str
    text: str
    values: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Judged:
    """A form as it came.

    Attributes:
        typed: by the name of the input, for showing it again.
        faults: by the same names, in no order; empty where `filled` is there.
    """

    typed: Mapping[str, str]
    faults: Mapping[str, Fault] = field(default_factory=dict)
    filled: Filled | None = None


def cleaned(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Posted texts by name, the last where a name stands twice; without what no database or log takes."""
    return {name: clean(value) for name, value in pairs}


def clean(text: str) -> str:
    """The text with its lines ended alike, without control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def judge(specs: Sequence[FieldSpec], typed: Mapping[str, str], own_addresses: frozenset[str]) -> Judged:
    """Judge a posted form by the type's fields.

    Args:
        specs: the type's custom fields.
        typed: cleaned texts by the name of the input: ``title``, ``fields.shop`` …
        own_addresses: of the desk's mailboxes, lower case: nobody's to ask from.
    """
    filled = Filled(
        name=_line(typed.get("name", "")),
        address=typed.get("address", "").strip(),
        title=_line(typed.get("title", "")),
        text=typed.get("text", "").strip(),
        values={spec.key: _value(spec, typed.get(FIELD_PREFIX + spec.key, "")) for spec in specs},
    )
    faults = _faults(filled, own_addresses) | _field_faults(specs, filled.values)
    if typed.get(TRAP, "").strip():
        faults[TRAP] = "trap"
    kept = {key: value for key, value in filled.values.items() if not is_absent(value)}
    if faults:
        return Judged(typed, faults)
    return Judged(typed, filled=Filled(filled.name, filled.address, filled.title, filled.text, kept))


def fault_of_answer(text: str, *, with_files: bool) -> Fault | None:
    """Why an answer on a request's page cannot be taken; a file alone is an answer."""
    if not text and not with_files:
        return "missing"
    return "too_long" if len(text.encode()) > TEXT_BYTES else None


def _faults(filled: Filled, own_addresses: frozenset[str]) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    limits = {"name": (filled.name, NAME_LIMIT), "title": (filled.title, TITLE_LIMIT)}
    for name, (value, limit) in limits.items():
        if not value:
            faults[name] = "missing"
        elif len(value) > limit:
            faults[name] = "too_long"
    if not filled.text:
        faults["text"] = "missing"
    elif len(filled.text.encode()) > TEXT_BYTES:
        faults["text"] = "too_long"
    if not filled.address:
        faults["address"] = "missing"
    elif not _is_address(filled.address):
        faults["address"] = "no_address"
    elif filled.address.lower() in own_addresses:
        faults["address"] = "own_address"
    return faults


def _field_faults(specs: Sequence[FieldSpec], values: Mapping[str, JsonValue]) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    room = FIELDS_BYTES
    for spec in specs:
        value = values[spec.key]
        size = len(str(value).encode())
        room -= size
        fault: Fault | None = fault_of_value(spec, value)
        if spec.required and is_absent(value):
            fault = "missing"
        elif fault is None and (size > FIELD_BYTES or room < 0):
            fault = "too_long"
        if fault is not None:
            faults[FIELD_PREFIX + spec.key] = fault
    return faults


def _value(spec: FieldSpec, typed: str) -> JsonValue:
    """A typed text as a field's value; what is none stays the text that it is, for the judge to name."""
    if spec.kind == "checkbox":
        # A box that must be ticked and is not was not answered.
        return True if typed.strip().lower() in _YES else None if spec.required else False
    if spec.kind == "multiline":
        return typed.strip()
    line = _line(typed)
    if spec.kind == "number" and _NUMBER.fullmatch(line):
        return float(line) if "." in line else int(line)
    return line


def _line(text: str) -> str:
    return " ".join(text.split())


def _is_address(text: str) -> bool:
    """An address that a mail can go to, also inside a company's own network, but no bare host: that is a slip."""
    local, at, domain = text.rpartition("@")
    if domain.lower().endswith(_PRIVATE):
        # The validator knows these names to be nobody's in public; inside a company somebody has them.
        domain = domain.rpartition(".")[0] + ".example"
    try:
        validate_email(local + at + domain, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
