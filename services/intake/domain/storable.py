"""What may be stored and sent on: no NUL, no lone surrogate, no other control character in any text.

Invariant: databases, JSON and log records take every value that went through here.
"""

import re
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from pydantic import BaseModel

Value = TypeVar("Value")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def storable_text(text: str) -> str:
    """The text without what databases and JSON refuse."""
    return _CONTROL.sub("", text)


def storable(value: Value) -> Value:
    """The same value, every text in it made storable: in tuples, lists, dicts, dataclasses and models."""
    return cast(Value, _storable(value))


def _storable(value: object) -> object:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, tuple | list):
        return type(value)(_storable(one) for one in value)
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _storable(getattr(value, one.name)) for one in fields(value)})
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _storable(getattr(value, name)) for name in type(value).model_fields})
    return value
