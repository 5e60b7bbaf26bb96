"""One record of each message and snapshot, kept for ever: what was written once must be read by all later code.

Invariant: an example is made when its type is new, and never changed; a change it does not survive is a new version.
"""

from pathlib import Path
from typing import Any

from pydantic import JsonValue

Schema = dict[str, Any]
EXAMPLES = Path(__file__).parent / "examples"

_STRINGS = {"uuid": "0190b6a2-7c1e-7d3a-9f00-0123456789ab", "date-time": "2026-11-25T10:00:00Z", "date": "2026-11-25"}


def example_of(schema: Schema) -> JsonValue:
    """A value that the schema describes, with every field filled."""
    return _value(schema, schema.get("$defs", {}), 0)


def _value(schema: Schema, definitions: dict[str, Schema], depth: int) -> JsonValue:
    if "$ref" in schema:
        return _value(definitions[str(schema["$ref"]).rsplit("/", 1)[-1]], definitions, depth + 1)
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        return _value(alternatives[0], definitions, depth)
    if schema.get("type") == "object":
        return _object(schema, definitions, depth)
    if schema.get("type") == "array":
        return _array(schema, definitions, depth)
    return _plain(schema)


def _plain(schema: Schema) -> JsonValue:
    """A value that holds no others; what may be anything is a string."""
    values: list[JsonValue] = schema.get("enum", [])
    text = _STRINGS.get(schema.get("format", ""), "a" if "pattern" in schema else "words")
    number: JsonValue = max(1, schema.get("minimum", 1))
    by_type: dict[str, JsonValue] = {"integer": number, "number": number, "boolean": True, "null": None}
    found: JsonValue = schema["const"] if "const" in schema else by_type.get(schema.get("type", ""), text)
    return values[0] if values else found


def _object(schema: Schema, definitions: dict[str, Schema], depth: int) -> JsonValue:
    found = {name: _value(each, definitions, depth) for name, each in schema.get("properties", {}).items()}
    rest = schema.get("additionalProperties")
    if isinstance(rest, dict):
        found["key"] = _value(rest, definitions, depth)
    return found


def _array(schema: Schema, definitions: dict[str, Schema], depth: int) -> JsonValue:
    if "prefixItems" in schema:
        return [_value(each, definitions, depth) for each in schema["prefixItems"]]
    # A thing made of things of its own kind ends somewhere.
    return [_value(schema["items"], definitions, depth)] if "items" in schema and depth < 8 else []
