"""The compatibility check goes red on each incompatible change of a message, and only there."""

from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shared.contracts.compatibility import incompatibilities
from shared.contracts.generate import broken_promises, files, main, render, schemas


class Part(BaseModel):
    key: str
    note: str = ""


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int


class Old(BaseModel):
    number: int
    name: str | None = None
    status: Literal["open", "closed"] = "open"
    parts: tuple[Part, ...] = ()
    values: dict[str, int] = {}
    change: tuple[int, str] | None = None
    amount: float = 0
    open_ended: JsonValue = None


class FieldRemoved(BaseModel):
    number: int
    status: Literal["open", "closed"] = "open"
    parts: tuple[Part, ...] = ()
    values: dict[str, int] = {}
    change: tuple[int, str] | None = None
    amount: float = 0
    open_ended: JsonValue = None


class TypeNarrowed(Old):
    name: str = ""


class TypeChanged(Old):
    number: str  # type: ignore[assignment]


class RequiredAdded(Old):
    reason: str


class EnumValueDropped(Old):
    status: Literal["open"] = "open"


class DeepPart(BaseModel):
    key: int
    note: str = ""


class NestedTypeChanged(Old):
    parts: tuple[DeepPart, ...] = ()  # type: ignore[assignment]


class ValuesNarrowed(Old):
    values: dict[str, bool] = {}  # type: ignore[assignment]


class KeysNarrowed(Old):
    values: dict[Annotated[str, Field(pattern="^[a-z]+$")], int] = {}


class PairChanged(Old):
    change: tuple[int, int] | None = None  # type: ignore[assignment]


class LengthLimited(Old):
    name: Annotated[str, Field(max_length=10)] | None = None


class PatternAsked(Old):
    name: Annotated[str, Field(pattern="^a")] | None = None


class LessAllowed(Old):
    amount: Annotated[float, Field(gt=0)] = 1


class AnyNarrowed(Old):
    open_ended: str = ""


class ItemsLimited(Old):
    parts: Annotated[tuple[Part, ...], Field(max_length=3)] = ()


class FormatAsked(Old):
    name: UUID | None = None  # type: ignore[assignment]


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
        (KeysNarrowed, "keys would have to be ^[a-z]+$"),
        (PairChanged, "type was string, would be integer"),
        (LengthLimited, "maxLength was None, would be 10"),
        (PatternAsked, "another pattern would be asked"),
        (LessAllowed, "exclusiveMinimum was None, would be 0"),
        (AnyNarrowed, "type was any, would be string"),
        (ItemsLimited, "maxItems was None, would be 3"),
        (FormatAsked, "format uuid would be asked"),
    ],
)
def test_incompatible_change_is_named(changed: type[BaseModel], said: str) -> None:
    """Each incompatible change is refused with a sentence that names it."""
    faults = incompatibilities(schema(Old), schema(changed))
    assert any(said in fault for fault in faults), faults


def test_refusing_unknown_fields_is_incompatible() -> None:
    """Records of a newer writer carry fields that this version does not know; a closed model could not read them."""
    opened = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
    assert incompatibilities(opened, schema(Closed)) == ["message: unknown fields would be refused"]


@pytest.mark.parametrize("changed", [Old, OptionalAdded, EnumValueAdded, TypeWidened])
def test_compatible_change_passes(changed: type[BaseModel]) -> None:
    """An optional field, a wider type or a new value breaks nobody."""
    assert incompatibilities(schema(Old), schema(changed)) == []


def test_committed_schemas_are_those_of_the_models() -> None:
    """The committed schemas and the AsyncAPI file do not drift from the code."""
    assert len(files()) > 50
    stale = [path.name for path, text in files().items() if not path.exists() or path.read_text() != text]
    assert stale == []
    assert broken_promises() == []


def test_check_is_red_where_a_committed_schema_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make check` refuses a change that breaks what a committed schema promised, and names file and field."""
    name = "deskstream.tickets.item.changed.v1"
    promised = schemas()[name]
    promised["properties"]["colour"] = {"type": "string"}
    (tmp_path / f"{name}.json").write_text(render(promised))
    (tmp_path / "deskstream.tickets.item.vanished.v1.json").write_text("{}")
    assert broken_promises(tmp_path) == [
        f"{name}: message: field colour would be removed",
        "deskstream.tickets.item.vanished.v1: the type would be gone; keep its model and an upcaster",
    ]
    assert main(["--check"]) == 0
    assert capsys.readouterr().err == ""
