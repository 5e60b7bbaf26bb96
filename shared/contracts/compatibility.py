"""What a change of a JSON Schema would break for those who already read it.

Invariant: what passes reads every record that its predecessor wrote. Allowed: a new optional field, a wider type, a
new enum value (whose readers are deployed before its writers). All else is a new version.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """Every incompatible difference between two JSON Schemas of one message, as sentences; none means compatible.

    Args:
        old: the schema as released, with its ``$defs``.
        new: the schema as it would be.
    """
    return list(_compare(_Pair(old, new, old, new, "")))


class _Pair:
    """Two schemas at the same place, with the documents that their references point into."""

    def __init__(self, old: Schema, new: Schema, old_root: Schema, new_root: Schema, place: str) -> None:
        self.old_root, self.new_root, self.place = old_root, new_root, place
        self.old, self.new = _resolve(old, old_root), _resolve(new, new_root)

    def down(self, old: Schema, new: Schema, name: str) -> "_Pair":
        place = f"{self.place}.{name}" if self.place else name
        return _Pair(old, new, self.old_root, self.new_root, place)

    def says(self, what: str) -> str:
        return f"{self.place or 'message'}: {what}"


def _resolve(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    name = str(reference).rsplit("/", 1)[-1]
    resolved: Schema = root["$defs"][name]
    return resolved


def _compare(pair: _Pair) -> Iterator[str]:
    if pair.place.count(".") > 12:  # a schema that contains itself is compared once on the way down
        return
    if "anyOf" in pair.old or "oneOf" in pair.old:
        yield from _compare_alternatives(pair)
        return
    if "anyOf" in pair.new or "oneOf" in pair.new:
        yield from _compare_widened(pair)
        return
    yield from _compare_type(pair)
    yield from _compare_values(pair)
    yield from _compare_limits(pair)
    yield from _compare_fields(pair)
    yield from _compare_inside(pair)


def _compare_inside(pair: _Pair) -> Iterator[str]:
    """What arrays and maps hold."""
    if "items" in pair.old and "items" in pair.new:
        yield from _compare(pair.down(pair.old["items"], pair.new["items"], "[]"))
    places = zip(pair.old.get("prefixItems", ()), pair.new.get("prefixItems", ()), strict=False)
    for index, (old, new) in enumerate(places):
        yield from _compare(pair.down(old, new, f"[{index}]"))
    old_rest, new_rest = pair.old.get("additionalProperties"), pair.new.get("additionalProperties")
    if new_rest is False and old_rest is not False:
        yield pair.says("unknown fields would be refused")
    elif isinstance(new_rest, dict) and new_rest:
        yield from _compare(pair.down(old_rest if isinstance(old_rest, dict) else {}, new_rest, "*"))
    # Where keys have a pattern, those that do not fit it are refused.
    old_keys, new_keys = pair.old.get("patternProperties", {}), pair.new.get("patternProperties", {})
    for pattern in sorted(new_keys):
        if pattern in old_keys:
            yield from _compare(pair.down(old_keys[pattern], new_keys[pattern], "*"))
        else:
            yield pair.says(f"keys would have to be {pattern}")


def _compare_type(pair: _Pair) -> Iterator[str]:
    old, new = pair.old.get("type"), pair.new.get("type")
    widened = (old, new) == ("integer", "number")
    if new is not None and old != new and not widened:
        yield pair.says(f"type was {old or 'any'}, would be {new}")
    if pair.new.get("format") not in {None, pair.old.get("format")}:
        yield pair.says(f"format {pair.new['format']} would be asked")


def _compare_values(pair: _Pair) -> Iterator[str]:
    old, new = _values(pair.old), _values(pair.new)
    if old is None and new is not None:
        yield pair.says("any value was allowed, would be a list of values")
    elif old is not None and new is not None:
        for value in sorted(old - new):
            yield pair.says(f"value {value} would be dropped")


def _values(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {str(schema["const"])}
    return {str(value) for value in schema["enum"]} if "enum" in schema else None


#: Keyword, and whether a higher value asks for more.
_LIMITS = (
    *((name, 1) for name in ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")),
    *((name, -1) for name in ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")),
)


def _compare_limits(pair: _Pair) -> Iterator[str]:
    for limit, tighter in _LIMITS:
        old, new = pair.old.get(limit), pair.new.get(limit)
        if new is not None and (old is None or (new - old) * tighter > 0):
            yield pair.says(f"{limit} was {old}, would be {new}")
    if pair.new.get("pattern") not in {None, pair.old.get("pattern")}:
        yield pair.says("another pattern would be asked")
    if pair.new.get("uniqueItems") and not pair.old.get("uniqueItems"):
        yield pair.says("items would have to differ")


def _compare_fields(pair: _Pair) -> Iterator[str]:
    old, new = pair.old.get("properties", {}), pair.new.get("properties", {})
    for name, schema in old.items():
        if name not in new:
            yield pair.says(f"field {name} would be removed")
        else:
            yield from _compare(pair.down(schema, new[name], name))
    for name in sorted(set(pair.new.get("required", ())) - set(pair.old.get("required", ()))):
        yield pair.says(f"field {name} would become required")


def _alternatives(schema: Schema) -> list[Schema]:
    found: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return found


def _compare_alternatives(pair: _Pair) -> Iterator[str]:
    """Each alternative that was must still find one that takes it."""
    for index, old in enumerate(_alternatives(pair.old)):
        tries = [list(_compare(pair.down(old, new, f"|{index}"))) for new in _alternatives(pair.new)]
        if all(tries):
            yield from min(tries, key=len)


def _compare_widened(pair: _Pair) -> Iterator[str]:
    tries = [list(_compare(pair.down(pair.old, new, "|"))) for new in _alternatives(pair.new)]
    if all(tries):
        yield from min(tries, key=len)
