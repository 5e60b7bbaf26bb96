"""The page that takes a call: who asks, what type, its questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from services.portal_gateway.domain.view_models.fields import Choice, Question, answered, question
from services.portal_gateway.domain.view_models.names import PRIORITY_WORDS, Names
from shared.contracts.state import TypeState


@dataclass(frozen=True, slots=True)
class NewTicket:
    """The form, empty or with what was typed.

    Attributes:
        token: makes a second click the same ticket.
    """

    requester: tuple[Question, ...]
    base: tuple[Question, ...]
    own: tuple[Question, ...]
    token: str
    error: str = ""

    @property
    def missing(self) -> tuple[Question, ...]:
        """Questions with an error, in their order."""
        return tuple(q for q in (*self.requester, *self.base, *self.own) if q.error)


def new_ticket(
    kinds: Sequence[TypeState],
    names: Names,
    *,
    typed: Mapping[str, JsonValue],
    faults: Mapping[str, str],
    token: str,
    error: str = "",
) -> NewTicket:
    """The form for a type (``type`` of `typed`, else the first).

    Args:
        kinds: types in use.
        names: labels.
        typed: by the name of the input.
        faults: by the same names.
        token: of this form.
        error: what is wrong beside the fields.
    """
    chosen = str(typed.get("type") or (kinds[0].key if kinds else ""))
    kind = next((kind for kind in kinds if kind.key == chosen), None)
    team = str(typed.get("team") or (kind.team if kind else "") or "")
    values: dict[str, JsonValue] = {"channel": "phone", "priority": "normal", **typed, "type": chosen, "team": team}
    requester = (
        Question("address", "E-mail of who asks", "email", required=True, limit=254, autocomplete="off"),
        Question("name", "Name", "text", limit=120, autocomplete="off"),
    )
    channels = (("phone", "Phone"), ("mail", "E-mail"), ("portal", "Help site"))
    base = (
        Question("type", "Type", "select", required=True, choices=tuple(Choice(k.key, k.label) for k in kinds)),
        Question("team", "Team", "select", choices=tuple(Choice(t.key, t.label) for t in names.teams.values())),
        Question("priority", "Priority", "select", required=True, choices=_choices(PRIORITY_WORDS)),
        Question("channel", "Came in by", "select", required=True, choices=tuple(Choice(*c) for c in channels)),
        Question("title", "Subject", "text", required=True, limit=200),
        Question("text", "What is it about?", "multiline", required=True, limit=50_000),
    )
    own = tuple(question(spec) for spec in kind.fields) if kind else ()
    return NewTicket(
        requester=tuple(answered(q, values, faults) for q in requester),
        base=tuple(answered(q, values, faults) for q in base),
        own=tuple(answered(q, values, faults) for q in own),
        token=token,
        error=error,
    )


def faults_in_words(faults: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with answers, in words; "" is the question's own sentence."""
    words = {
        "too_long": "That is too long.",
        "no_address": "Give a whole address, such as ana@shop.example.",
    }
    return {name: words.get(fault, "") for name, fault in faults.items()}


def _choices(labels: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(key, label) for key, label in labels.items())
