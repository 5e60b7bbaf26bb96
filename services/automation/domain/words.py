"""Words of a rule's mails, messages and notes: templates with placeholders, each filled once.

Invariant: what a stranger wrote (their title, their name, their answers to a form) is left out of what answers them
before anyone vouched for them: a desk must not carry a stranger's words to an address of the stranger's choice.
"""

import re
from collections.abc import Iterable, Mapping

from shared.contracts.state import ItemState, TeamState, TypeState

#: Stays as it stands in the text of a mail: notifier alone can sign the link of one person.
LINK = "link"
MAX_BYTES = 48 * 1024
PLACEHOLDERS = frozenset(
    """number title status type team priority channel requester.name requester.address assignee.name""".split()  # noqa: SIM905 - a list of words
)
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}\s]{1,80})\s*\}\}")
_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_WRITTEN_BY_REQUESTER = frozenset({"title", "requester.name"})


def unknown_placeholders(template: str) -> list[str]:
    """Placeholders that `filled` does not fill; `LINK` is one of them."""
    names = (name.strip() for name in _BRACES.findall(template))
    return [name for name in names if name not in PLACEHOLDERS and not _custom(name)]


def filled(template: str, item: ItemState, labels: Mapping[str, str], *, trusted: bool = True) -> str:
    """A template with its placeholders filled.

    Args:
        template: with ``{{number}}`` and the like; a value that holds a placeholder itself is not filled again.
        item: whose values.
        labels: words for keys, as ``status:request:in_progress``, ``type:hardware``, ``team:hardware``.
        trusted: False leaves out what the requester wrote.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in PLACEHOLDERS and not _custom(name):
            return found[0]
        if not trusted and (name in _WRITTEN_BY_REQUESTER or _custom(name)):
            return item.requester.address if name == "requester.name" else ""
        return _value_of(name, item, labels)

    return _clipped(_PLACEHOLDER.sub(value, template))


def labels_of(types: Iterable[TypeState], teams: Iterable[TeamState]) -> dict[str, str]:
    """Words for keys, as administrators wrote them."""
    found = {f"team:{team.key}": team.label for team in teams}
    for kind in types:
        found[f"type:{kind.key}"] = kind.label
        found |= {f"status:{kind.key}:{status.key}": status.label for status in kind.statuses}
    return found


def _value_of(name: str, item: ItemState, labels: Mapping[str, str]) -> str:
    if _custom(name):
        value = item.fields.get(name.removeprefix("fields."))
        return "" if value is None else str(value)
    plain = {
        "number": str(item.number),
        "title": item.title,
        "status": labels.get(f"status:{item.type}:{item.status}", _spoken(item.status)),
        "type": labels.get(f"type:{item.type}", _spoken(item.type)),
        "team": labels.get(f"team:{item.team}", _spoken(item.team or "")),
        "priority": item.priority,
        "channel": item.channel,
        "requester.name": item.requester.name or item.requester.address,
        "requester.address": item.requester.address,
        "assignee.name": item.assignee.name if item.assignee else "",
    }
    return plain.get(name, "")


def _clipped(text: str) -> str:
    """A text that fits into a record, however often a long value stands in it."""
    encoded = text.encode(errors="replace")
    return text if len(encoded) <= MAX_BYTES else encoded[:MAX_BYTES].decode(errors="ignore")


def _custom(name: str) -> bool:
    return name.startswith("fields.") and len(name) > len("fields.")


def _spoken(key: str) -> str:
    return key.replace("_", " ").replace("-", " ")
