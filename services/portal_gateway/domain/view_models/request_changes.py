"""What of an open request page is not so any more: the parts that its reader's stream replaces.

Invariant: it compares what readers see and nothing else, so that what happens internally changes nothing here.
"""

from dataclasses import dataclass
from hashlib import sha256

from services.portal_gateway.domain.view_models.portal import PortalMessage, RequestPage


@dataclass(frozen=True, slots=True)
class RequestChanges:
    """Parts of a page to replace, and messages to replace or to add."""

    way: bool
    waits: bool
    facts: bool
    messages: tuple[PortalMessage, ...]

    def __bool__(self) -> bool:
        return self.way or self.waits or self.facts or bool(self.messages)


def content_of(page: RequestPage) -> str:
    """A short name of what a page shows that may change while it is open; the same on every replica."""
    seen = (_way(page), page.waits_for_you, page.facts, tuple(_message(message) for message in page.messages))
    return sha256(repr(seen).encode()).hexdigest()[:16]


def changes(before: RequestPage | None, after: RequestPage) -> RequestChanges:
    """What is new on a page; all of it where it is not known what its reader has."""
    if before is None:
        return RequestChanges(way=True, waits=True, facts=True, messages=after.messages)
    known = {_message(message) for message in before.messages}
    return RequestChanges(
        way=_way(before) != _way(after),
        waits=before.waits_for_you != after.waits_for_you,
        facts=before.facts != after.facts,
        messages=tuple(message for message in after.messages if _message(message) not in known),
    )


def _way(page: RequestPage) -> tuple[object, ...]:
    """By moments, not by their words: "Today" becomes "Yesterday" without anything having happened."""
    return (page.word, tuple((step.word, step.state, step.at.iso if step.at else "") for step in page.steps))


def _message(message: PortalMessage) -> tuple[object, ...]:
    return (message.id, message.author, message.by, message.at.iso, message.text, message.files, message.whole_url)
