"""The feed as clients read it: server-sent events with its number as their id."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class FeedEvent:
    """One line of the feed, numbered.

    Attributes:
        type: ``tickets.item.created`` and the like.
        subject: ``item:<id>``, ``rule:<id>`` …
        item_number: of the item that it is about, none for others.
        version: the subject's version after it.
    """

    number: int
    at: datetime
    type: str
    subject: str
    item_id: UUID | None
    item_number: int | None
    version: int | None

    def as_sse(self) -> bytes:
        """The event as a stream carries it (HTML, server-sent events §9.2.6)."""
        data = {
            "number": self.item_number,
            "item_id": str(self.item_id) if self.item_id else None,
            "subject": self.subject,
            "version": self.version,
            "at": self.at.isoformat(),
        }
        return f"id: {self.number}\nevent: {self.type}\ndata: {json.dumps(data)}\n\n".encode()
