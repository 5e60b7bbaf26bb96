"""What was once on the log is read by this code: an example of each type, written when the type was new."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, JsonValue

from shared.contracts.example import EXAMPLES, example_of
from shared.contracts.generate import new_examples
from shared.contracts.registry import MESSAGE_TYPES, decode
from shared.contracts.state import SNAPSHOTS

PATHS = sorted(EXAMPLES.glob("*.json"))


def read(path: Path) -> BaseModel:
    kind = path.stem.removeprefix("state.")
    if kind != path.stem:
        return SNAPSHOTS[kind].model_validate_json(path.read_bytes())
    return decode(path.stem, path.read_bytes())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_old_example_is_read_whole(path: Path) -> None:
    """Every field of an old record is still known and has its value."""
    read_again = read(path).model_dump(mode="json")
    lost = list(differences(json.loads(path.read_text()), read_again, ""))
    assert lost == []


def test_every_type_has_an_example() -> None:
    """A new message or snapshot is recorded with its example (make schemas), an old one keeps its own."""
    assert new_examples() == {}
    assert {path.stem for path in PATHS} == {*MESSAGE_TYPES, *(f"state.{kind}" for kind in SNAPSHOTS)}


def test_examples_fill_every_field() -> None:
    """A field added later is in no old example, and its default stands in; all others are really tried."""
    for name, model in MESSAGE_TYPES.items():
        made = example_of(model.model_json_schema())
        assert isinstance(made, dict)
        assert made.keys() == model.model_fields.keys(), name


def differences(old: JsonValue, new: Any, place: str) -> Any:
    """Places at which the new value does not hold what the old one held."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            yield from differences(value, new.get(key, "nothing"), f"{place}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, value in enumerate(old):
            yield from differences(value, new[index], f"{place}[{index}]")
    elif old != new:
        yield f"{place}: {old!r} is read as {new!r}"
