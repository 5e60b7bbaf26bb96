"""Questions of a form and custom fields of an item: how each is asked, what was answered, what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import JsonValue

from shared.contracts.state import FieldSpec
from shared.fields import TEXT_LIMIT

Kind = Literal["text", "multiline", "select", "checkbox", "number", "date", "email"]


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a list; `chosen` is selected now."""

    key: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        name: of the input; ``fields.<key>`` for custom ones.
        value: what was typed; for a checkbox ``yes`` or "".
        said: the answer in words, for pages that only show it; "" where there is none.
        error: a sentence that says what to do; "" for a good or not yet given answer.
        limit: most characters.
    """

    name: str
    label: str
    kind: Kind
    required: bool = False
    help: str = ""
    choices: tuple[Choice, ...] = ()
    value: str = ""
    said: str = ""
    error: str = ""
    limit: int = 0
    autocomplete: str = ""

    @property
    def id(self) -> str:
        """Of the input: the error summary links to it."""
        return f"q-{self.name.replace('.', '-')}"


def question(spec: FieldSpec) -> Question:
    """A custom field as a question."""
    return Question(
        name=f"fields.{spec.key}",
        label=spec.label,
        kind=spec.kind,
        required=spec.required,
        help=spec.help,
        choices=tuple(Choice(option.key, option.label) for option in spec.options),
        limit=TEXT_LIMIT if spec.kind in {"text", "multiline"} else 0,
    )


def answered(asked: Question, typed: Mapping[str, JsonValue], faults: Mapping[str, str]) -> Question:
    """A question with its answer, and with what is wrong with it."""
    value = _as_typed(typed.get(asked.name))
    if asked.kind == "checkbox":
        value = "yes" if value and value.lower() not in {"no", "false", "0"} else ""
    choices = tuple(replace(choice, chosen=choice.key == value) for choice in asked.choices)
    error = (faults[asked.name] or what_to_do(asked)) if asked.name in faults else ""
    return replace(asked, value=value, said=_said(asked, value), choices=choices, error=error)


def what_to_do(asked: Question) -> str:
    """What to do about a question without a good answer. It names the question and blames nobody."""
    if asked.name == "address":
        return "Write your e-mail address, so that we can answer you."
    if asked.kind == "select":
        return f"Choose an answer to “{asked.label}”"
    if asked.kind == "checkbox":
        return f"Tick “{asked.label}” to go on."
    if asked.kind == "date":
        return f"Give a date for “{asked.label}”, such as 2026-11-23."
    if asked.kind == "number":
        return f"Give a number for “{asked.label}”."
    return f"Write an answer to “{asked.label}”"


def _as_typed(value: JsonValue) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _said(asked: Question, value: str) -> str:
    if asked.kind == "select":
        return next((choice.label for choice in asked.choices if choice.key == value), value)
    if asked.kind == "checkbox":
        return "Yes" if value else "No"
    return value
