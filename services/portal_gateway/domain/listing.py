"""What a list of items asks for, and where its next page begins.

Invariant: a cursor made by `Cursor.encode` is read by `Cursor.decode`; anything else is refused as a `CursorError`.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.contracts.state import ItemState

Sort = Literal["number", "updated"]
LARGEST_NUMBER = 2**62


class CursorError(ValueError):
    """A cursor that this desk did not give; the list should be asked for from its beginning."""


@dataclass(frozen=True)
class Cursor:
    """The last item of a page."""

    number: int
    updated_at: datetime

    def encode(self) -> str:
        raw = json.dumps([self.number, self.updated_at.isoformat()]).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The place that a cursor names.

        Raises:
            CursorError: it is none of ours.
        """
        try:
            number, moment = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            cursor = cls(int(number), datetime.fromisoformat(moment))
        except (ValueError, TypeError) as error:
            raise CursorError(text) from error
        if not 0 < cursor.number < LARGEST_NUMBER or cursor.updated_at.tzinfo is None:
            raise CursorError(text)
        return cursor


@dataclass(frozen=True)
class ItemFilter:
    """Which items a list holds; what is absent is not asked for.

    Attributes:
        is_open: False asks for finished ones.
        unassigned, without_team: nobody, or no team, has it.
        held: with messages that wait for staff.
        words: every one must begin a word of the item or of a message of it.
    """

    statuses: tuple[str, ...] | None = None
    is_open: bool | None = None
    assignee: UUID | None = None
    unassigned: bool = False
    team: str | None = None
    without_team: bool = False
    organisation: UUID | None = None
    type: str | None = None
    requester: UUID | None = None
    tag: str | None = None
    priority: str | None = None
    held: bool = False
    words: str | None = None
    kind: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Page:
    """Items of one page; `next` is the cursor of the page after it, none at the end."""

    items: tuple[ItemState, ...]
    next: str | None


def page_of(found: list[ItemState], limit: int) -> Page:
    """A page of what was found, one more than `limit` having been asked for."""
    shown = tuple(found[:limit])
    more = len(found) > limit
    return Page(shown, Cursor(shown[-1].number, shown[-1].updated_at).encode() if more and shown else None)
