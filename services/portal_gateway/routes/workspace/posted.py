"""What a form of a ticket posts, as a change: only fields that differ from what the form had shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import JsonValue

from shared.contracts.state import FieldSpec

_PLAIN = ("status", "priority", "type", "title")
_EMPTY_IS_NONE = ("team", "assignee")
WAS = "was."
MOST_TAGS = 50


@dataclass
class Posted:
    """A change as posted.

    Attributes:
        values: for ``ChangeItem.set``.
        follow: addresses of new followers.
        version: what the form had shown.
    """

    values: dict[str, JsonValue] = field(default_factory=dict)
    follow: list[str] = field(default_factory=list)
    unfollow: list[UUID] = field(default_factory=list)
    version: int | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.values or self.follow or self.unfollow)


def posted_change(typed: Mapping[str, str], specs: Iterable[FieldSpec]) -> Posted:
    """A posted form as a change.

    Args:
        typed: by the name of the input; ``was.<name>`` is what the form had shown.
        specs: custom fields of the ticket's type.
    """
    kinds = {f"fields.{spec.key}": spec for spec in specs}
    posted = Posted(version=int(typed["version"]) if typed.get("version", "").isdecimal() else None)
    for name, text in typed.items():
        if name.startswith(WAS) or typed.get(f"{WAS}{name}") == text:
            continue
        if name in _PLAIN:
            posted.values[name] = text
        elif name in _EMPTY_IS_NONE:
            posted.values[name] = text or None
        elif name == "tags":
            posted.values[name] = list(tags_of(text))
        elif name in kinds:
            posted.values[name] = value_of(kinds[name], text)
        elif name == "follow" and text.strip():
            posted.follow.append(text.strip())
        elif name == "unfollow":
            posted.unfollow += _ids(text)
    return posted


def tags_of(text: str) -> tuple[str, ...]:
    """Labels as typed, by comma."""
    return tuple(dict.fromkeys(" ".join(tag.split()) for tag in text.split(",") if tag.strip()))[:MOST_TAGS]


def value_of(spec: FieldSpec, text: str) -> JsonValue:
    """A typed text as a field's value; what does not fit stays text, for the owner to refuse by name."""
    if spec.kind == "checkbox":
        return text == "yes"
    if not text.strip():
        return None
    if spec.kind == "number":
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() and "." not in text else number
    return text.strip()


def _ids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []
