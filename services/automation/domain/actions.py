"""What a rule may do, checked when the rule is saved, so that carrying it out cannot fail on its shape."""

import re
from collections.abc import Callable
from uuid import UUID

from pydantic import JsonValue

from services.automation.domain.fault import FaultError
from services.automation.domain.words import LINK, unknown_placeholders
from shared.contracts.base import JsonObject

SETTABLE = frozenset({"title", "status", "priority", "type", "team", "assignee"})
PRIORITIES = ("low", "normal", "high", "urgent")
MAIL_TO = ("requester", "assignee", "followers")
MAX_ACTIONS = 20
MAX_TEXT = 20_000
MAX_SUBJECT = 200
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f]*")

#: What is wrong with an action: (part, sentence); none for a good one.
Complaint = tuple[str, str] | None


def check_action(action: JsonObject, place: str) -> None:
    """The action can be carried out.

    Raises:
        FaultError: it cannot; its place and part are named.
    """
    name = action.get("do")
    kind = _ACTIONS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise FaultError("unknown_action", f"{place}.do", f"{name}: actions are {', '.join(_ACTIONS)}.")
    parts, check = kind
    for part in action:
        if part not in parts and part != "do":
            raise FaultError("invalid", f"{place}.{part}", f"It takes {', '.join(sorted(parts))}.")
    complaint = check(action)
    if complaint is not None:
        raise FaultError("invalid", f"{place}.{complaint[0]}", complaint[1])


def _assign(action: JsonObject) -> Complaint:
    team, member = action.get("team"), action.get("member", "none")
    if team is not None and (not isinstance(team, str) or not team):
        return "team", "It takes a team's key."
    if member not in ("none", "in_turn") and not _is_id(member):
        return "member", "It takes none, in_turn or a person's id."
    if team is None and member in ("none", "in_turn"):
        return "team", "Name a team."
    return None


def _set(action: JsonObject) -> Complaint:
    field = action.get("field")
    if not isinstance(field, str) or (field not in SETTABLE and not field.startswith("fields.")):
        return "field", f"Rules set {', '.join(sorted(SETTABLE))} and custom fields."
    if "value" not in action:
        return "value", "It takes a value."
    fits, sentence = _VALUES.get(field, _ANY_VALUE)
    return None if fits(action["value"]) else ("value", sentence)


def _tags(action: JsonObject) -> Complaint:
    tags = action.get("tags")
    fits = isinstance(tags, list) and 0 < len(tags) <= 20 and all(_is_line(tag, 60) for tag in tags)
    return None if fits else ("tags", "It takes a list of words of at most 60 characters.")


def _follow(action: JsonObject) -> Complaint:
    address = action.get("address")
    fits = _is_line(address, 254) and "@" in str(address) and " " not in str(address)
    return None if fits else ("address", "It takes a mail address.")


def _mail(action: JsonObject) -> Complaint:
    if action.get("to") not in MAIL_TO:
        return "to", f"Mails go to one of {', '.join(MAIL_TO)}."
    subject = action.get("subject", "")
    if subject != "" and not _is_line(subject, MAX_SUBJECT):
        return "subject", f"A subject is one line of at most {MAX_SUBJECT} characters."
    unfilled = _unfilled(str(subject), "subject", link=False)
    return unfilled or _text(action, link=True)


def _message(action: JsonObject) -> Complaint:
    if not isinstance(action.get("public", False), bool):
        return "public", "It takes true or false."
    return _text(action, link=False)


def _note(action: JsonObject) -> Complaint:
    return _text(action, link=False)


def _text(action: JsonObject, *, link: bool) -> Complaint:
    text = action.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT or "\x00" in text:
        return "text", f"It takes a text of at most {MAX_TEXT} characters."
    return _unfilled(text, "text", link=link)


def _unfilled(template: str, part: str, *, link: bool) -> Complaint:
    """A placeholder that nothing fills; a link is one person's, so only the text of a mail has one."""
    unknown = [name for name in unknown_placeholders(template) if not (link and name == LINK)]
    return (part, f"Nothing fills {{{{{unknown[0]}}}}} there.") if unknown else None


def _is_line(value: JsonValue, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= longest and _ONE_LINE.fullmatch(value) is not None


def _is_id(value: JsonValue) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


#: What a field may be set to, and the sentence for everything else.
_VALUES: dict[str, tuple[Callable[[JsonValue], bool], str]] = {
    "title": (lambda value: _is_line(value, 255), "It takes one line of at most 255 characters."),
    "status": (lambda value: _is_line(value, 40), "It takes a status's key."),
    "type": (lambda value: _is_line(value, 40), "It takes a type's key."),
    "priority": (lambda value: value in PRIORITIES, f"Priority is one of {', '.join(PRIORITIES)}."),
    "team": (lambda value: value is None or _is_line(value, 40), "It takes a team's key, or nothing."),
    "assignee": (lambda value: value is None or _is_id(value), "It takes a person's id, or nothing."),
}
_ANY_VALUE: tuple[Callable[[JsonValue], bool], str] = (lambda _: True, "")

#: Actions by name: the parts each may have, and its check.
_ACTIONS: dict[str, tuple[frozenset[str], Callable[[JsonObject], Complaint]]] = {
    "assign": (frozenset({"team", "member"}), _assign),
    "set": (frozenset({"field", "value"}), _set),
    "tag": (frozenset({"tags"}), _tags),
    "untag": (frozenset({"tags"}), _tags),
    "follow": (frozenset({"address"}), _follow),
    "mail": (frozenset({"to", "subject", "text"}), _mail),
    "message": (frozenset({"text", "public"}), _message),
    "note": (frozenset({"text"}), _note),
}
