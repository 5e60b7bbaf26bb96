"""The compatibility check goes red on each incompatible change of a message, and only there."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel

from shared.contracts.compatibility import incompatibilities
from shared.contracts.generate import broken_promises, files


class Part(BaseModel):
    key: str
    note: str = ""


class Old(BaseModel):
    number: int
    name: str | None = None
    status: Literal["open", "closed"] = "open"
    parts: tuple[Part, ...] = ()
    values: dict[str, int] = {}


class FieldRemoved(BaseModel):
    number: int
    status: Literal["open", "closed"] = "open"
    parts: tuple[Part, ...] = ()
    values: dict[str, int] = {}


class TypeNarrowed(Old):
    name: str = ""  # type: ignore[assignment]


class TypeChanged(Old):
    number: str  # type: ignore[assignment]


class RequiredAdded(Old):
    reason: str


class EnumValueDropped(Old):
    status: Literal["open"] = "open"  # type: ignore[assignment]


class DeepPart(BaseModel):
    key: int
    note: str = ""


class NestedTypeChanged(Old):
    parts: tuple[DeepPart, ...] = ()  # type: ignore[assignment]


class ValuesNarrowed(Old):
    values: dict[str, bool] = {}  # type: ignore[assignment]


class OptionalAdded(Old):
    reason: str = ""


class EnumValueAdded(Old):
    status: Literal["open", "closed", "held"] = "open"  # type: ignore[assignment]


class TypeWidened(Old):
    number: int | None = None  # type: ignore[assignment]


def schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (FieldRemoved, "field name would be removed"),
        (TypeNarrowed, "type was null"),
        (TypeChanged, "type was integer, would be string"),
        (RequiredAdded, "field reason would become required"),
        (EnumValueDropped, "value closed would be dropped"),
        (NestedTypeChanged, "type was string, would be integer"),
        (ValuesNarrowed, "type was integer, would be boolean"),
    ],
)
def test_incompatible_change_is_named(changed: type[BaseModel], said: str) -> None:
    """Each incompatible change is refused with a sentence that names it."""
    faults = incompatibilities(schema(Old), schema(changed))
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize("changed", [Old, OptionalAdded, EnumValueAdded, TypeWidened])
def test_compatible_change_passes(changed: type[BaseModel]) -> None:
    """An optional field, a wider type or a new value breaks nobody."""
    assert incompatibilities(schema(Old), schema(changed)) == []


def test_committed_schemas_are_those_of_the_models() -> None:
    """The committed schemas and the AsyncAPI file do not drift from the code."""
    stale = [path.name for path, text in files().items() if not path.exists() or path.read_text() != text]
    assert stale == []
    assert broken_promises() == []
