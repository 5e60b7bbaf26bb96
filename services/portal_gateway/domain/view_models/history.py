"""Steps of a ticket's history as sentences: who did what, when, because of which rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from services.portal_gateway.domain.view_models.names import Names
from services.portal_gateway.domain.view_models.times import Clock, Moment, moment, seconds_words
from services.portal_gateway.domain.view_models.words import joined
from shared.contracts.state import ChangeState, DecisionState, ItemState, TypeState

#: Up to here a line says how long after the arrival a rule acted.
_SOON_SECONDS = 600
_BEGAN = {
    "mail": "wrote a mail",
    "portal": "sent a form",
    "phone": "called",
    "messenger": "wrote in the messenger",
    "api": "wrote through the API",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a sentence; names and values are strong."""

    words: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One step.

    Attributes:
        id: of the line on its page.
        icon: by who acted: a person, a rule, the desk itself.
        why: address of the decision behind it, "" where no rule acted.
        note: how soon after the arrival a rule acted; "" else.
    """

    id: str
    icon: str
    spans: tuple[Span, ...]
    at: Moment
    why: str = ""
    note: str = ""

    @property
    def words(self) -> str:
        """The sentence, plain."""
        return "".join(span.words for span in self.spans)


def line(
    step: ChangeState,
    item: ItemState,
    names: Names,
    clock: Clock,
    decisions: Sequence[DecisionState],
    *,
    author: str = "",
) -> Line:
    """A step as a line; `author` wrote the message that it is about, where there is one."""
    kind = step.actor.partition(":")[0]
    icon = {"rule": "zap", "agent": "user", "customer": "user"}.get(kind, "user" if author else "settings")
    note = ""
    if kind == "rule":
        began = item.accepted_at or item.created_at
        waited = step.at - began
        if 0 <= waited.total_seconds() < _SOON_SECONDS:
            note = f"{seconds_words(waited)} after arrival"
    why = _why(step, item, decisions)
    return Line(
        id=f"c-{step.version}",
        icon=icon,
        spans=(*_who(step, names, author), *_did(step, item, names)),
        at=moment(step.at, clock),
        why=why,
        note=note,
    )


def said_already(step: ChangeState) -> bool:
    """The conversation shows it by a message: no line is needed."""
    return step.event in {"created", "message_added"} and not (set(step.changes) - {"title", "status"} and step.changes)


def decision_behind(step: ChangeState, decisions: Iterable[DecisionState]) -> tuple[DecisionState, UUID] | None:
    """The newest decision in which the step's rule matched before it, and the rule's id."""
    kind, _, name = step.actor.partition(":")
    if kind != "rule":
        return None
    found: tuple[DecisionState, UUID] | None = None
    newest: datetime | None = None
    for decision in decisions:
        for verdict in decision.verdicts:
            fits = str(verdict.rule_id) == name and verdict.matched and decision.item_version < step.version
            if fits and (newest is None or decision.at >= newest):
                found, newest = (decision, verdict.rule_id), decision.at
    return found


def _why(step: ChangeState, item: ItemState, decisions: Sequence[DecisionState]) -> str:
    found = decision_behind(step, decisions)
    if found is None:
        return ""
    decision, rule_id = found
    return f"/workspace/items/{item.number}/decisions/{decision.id}#rule-{rule_id}"


def _who(step: ChangeState, names: Names, author: str) -> tuple[Span, ...]:
    kind, _, actor_id = step.actor.partition(":")
    name = step.actor_name
    if kind == "rule":
        return (Span("Rule "), Span(name or names.rule(actor_id), strong=True), Span(" "))
    if kind == "system" and not name:
        # A mail's step is the door's; who wrote it is whom a reader asks for.
        return (Span(author or "The desk", strong=True), Span(" "))
    return (Span(name or author or "Somebody", strong=True), Span(" "))


def _did(step: ChangeState, item: ItemState, names: Names) -> tuple[Span, ...]:
    kind = names.types.get(item.type)
    if step.event == "created":
        return (Span(f"{_BEGAN.get(item.channel, 'wrote')}; the ticket was made"),)
    if step.event == "message_split":
        return (Span("split a held message off to a ticket of its own"),)
    if step.event == "message_held":
        return (Span("wrote with a reference to this ticket; the message was held"),)
    parts = [_change(name, old, new, names, kind) for name, (old, new) in step.changes.items()]
    if step.event == "message_accepted":
        parts.insert(0, (Span("accepted a held message"),))
    if step.event == "message_added" and not parts:
        return (Span("wrote a message"),)
    if not parts:
        return (Span("changed nothing that is shown"),)
    spans: list[Span] = []
    for index, part in enumerate(parts):
        if index:
            spans.append(Span(" and " if index == len(parts) - 1 else ", "))
        spans += part
    return tuple(spans)


def _change(name: str, old: JsonValue, new: JsonValue, names: Names, kind: TypeState | None) -> tuple[Span, ...]:
    key = kind.key if kind else None
    if name in {"tags", "followers", "mailboxes"}:
        return _list_change(name, old, new, names)
    if name == "assignee":
        if new is None:
            return (Span("took it from "), Span(names.person(_text(old)), strong=True))
        return (Span("assigned "), Span(names.person(_text(new)), strong=True))
    if name == "team":
        moved = (Span("gave it to the team "), Span(names.team(_text(new)), strong=True))
        return moved if new else (Span("took it from the team "), Span(names.team(_text(old)), strong=True))
    label = names.field(name, key)
    if new in (None, ""):
        return (Span(f"cleared {label} (was "), Span(names.value(name, old, key), strong=True), Span(")"))
    said = (Span(f"set {label} to "), Span(names.value(name, new, key), strong=True))
    return said if old in (None, "") else (*said, Span(f" (was {names.value(name, old, key)})"))


def _list_change(name: str, old: JsonValue, new: JsonValue, names: Names) -> tuple[Span, ...]:
    before, after = _texts(old), _texts(new)
    added = [names.value(name, each) for each in after if each not in before]
    gone = [names.value(name, each) for each in before if each not in after]
    spans: list[Span] = []
    if added:
        words = {"followers": "added the follower ", "tags": "added the label ", "mailboxes": "received it also at "}
        spans += [Span(words[name]), Span(joined(added), strong=True)]
    if gone:
        words = {"followers": "removed the follower ", "tags": "took off the label ", "mailboxes": "left the mailbox "}
        spans += [Span(" and ")] if spans else []
        spans += [Span(words[name]), Span(joined(gone), strong=True)]
    return tuple(spans) or (Span(f"changed the order of {names.field(name)}"),)


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)


def _texts(value: JsonValue) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
