"""Conditions and actions of rules as sentences, for lists of rules and for "Why?"."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from services.portal_gateway.domain.view_models.names import Names
from shared.contracts.base import JsonObject

TRIGGERS = {
    "created": "A ticket comes in",
    "changed": "A ticket changes",
    "message_added": "A message is added",
    "held": "A message is held",
}
_OPERATORS = {
    "is": "is {}",
    "is_not": "is not {}",
    "in": "is one of {}",
    "not_in": "is none of {}",
    "contains": "contains {}",
    "contains_not": "does not contain {}",
    "starts_with": "begins with {}",
    "greater": "is more than {}",
    "less": "is less than {}",
    "changed_from": "was {} before",
    "changed_to": "became {}",
}
_GROUPS = {"all": "all of", "any": "any of", "not": "none of", "none": "none of"}


def condition_words(field: str, op: str, wanted: JsonValue, names: Names) -> str:
    """One check as a sentence without its full stop: "type is Hardware"."""
    label = names.field(field)
    if op in {"present", "changed"}:
        verb = {"present": ("is given", "is not given"), "changed": ("changed", "did not change")}[op]
        return f"{label} {verb[0] if wanted else verb[1]}"
    if isinstance(wanted, bool) and op in {"is", "is_not"}:
        holds = wanted == (op == "is")
        return _boolean(label, holds=holds)
    return f"{label} {_OPERATORS.get(op, op + ' {}').format(names.value(field, wanted))}"


def saw_words(field: str, op: str, saw: JsonValue, names: Names) -> str:
    """What a check saw: "Hardware", or "Normal, then High" of a change."""
    if op in {"changed", "changed_from", "changed_to"}:
        if not isinstance(saw, list) or len(saw) != len(("old", "new")):
            return "no change"
        return f"{names.value(field, saw[0])}, then {names.value(field, saw[1])}"
    return names.value(field, saw)


def filter_words(raw: JsonObject, names: Names) -> tuple[str, ...]:
    """A filter's conditions, one a line; a group in a group stands as one line."""
    if not raw:
        return ()
    how, parts = next(iter(raw.items()))
    listed = parts if isinstance(parts, list) else [parts]
    lines = tuple(_part(part, names) for part in listed if isinstance(part, dict))
    if how == "all" or (how == "any" and len(lines) == 1):
        return lines
    return (f"{_GROUPS.get(how, how)} ({'; '.join(lines)})",)


def action_words(action: JsonObject, names: Names) -> str:
    """What an action does, as a sentence without its full stop."""
    do = str(action.get("do", ""))
    write = _ACTIONS.get(do)
    return write(action, names) if write else do.replace("_", " ")


def _assign(action: JsonObject, names: Names) -> str:
    team, member = action.get("team"), str(action.get("member") or "none")
    to_team = f"the team {names.team(str(team))}" if team else ""
    if member == "in_turn":
        return f"gives it to {to_team or 'the team'}, to its members in turn"
    if member == "none":
        return f"gives it to {to_team}" if to_team else "takes it from its assignee"
    whom = names.person(member)
    return f"gives it to {whom} in {to_team}" if to_team else f"gives it to {whom}"


def _set(action: JsonObject, names: Names) -> str:
    field = str(action.get("field", ""))
    return f"sets {names.field(field)} to {names.value(field, action.get('value'))}"


def _tags(action: JsonObject, _names: Names) -> str:
    tags = action.get("tags")
    listed = ", ".join(str(tag) for tag in tags) if isinstance(tags, list) else str(tags)
    return f"adds the label {listed}" if action.get("do") == "tag" else f"takes off the label {listed}"


def _mail(action: JsonObject, _names: Names) -> str:
    whom = {"requester": "the requester", "assignee": "the assignee", "followers": "the followers"}
    to, subject = str(action.get("to")), str(action.get("subject") or "")
    return f"mails {whom.get(to, to)}" + (f": “{subject}”" if subject else "")


_ACTIONS: dict[str, Callable[[JsonObject, Names], str]] = {
    "assign": _assign,
    "set": _set,
    "tag": _tags,
    "untag": _tags,
    "follow": lambda action, _names: f"makes {action.get('address')} a follower",
    "note": lambda _action, _names: "writes an internal note",
    "mail": _mail,
}


def _part(part: JsonObject, names: Names) -> str:
    if "field" not in part:
        return "; ".join(filter_words(part, names))
    field = str(part["field"])
    op, wanted = next(((key, value) for key, value in part.items() if key != "field"), ("present", True))
    return condition_words(field, op, wanted, names)


def _boolean(label: str, *, holds: bool) -> str:
    if " is " in label:
        subject, rest = label.split(" is ", 1)
        return f"{subject} is {'' if holds else 'not '}{rest}"
    return f"{label} is {'yes' if holds else 'no'}"


def joined(parts: Sequence[str]) -> str:
    """Parts as one sentence: "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
