"""Where the next page of a list begins, as clients carry it.

Invariant: a cursor is taken only by the list that gave it; anything else is refused as a `CursorError`.
"""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from services.portal_gateway.domain.listing import CursorError

T = TypeVar("T")
MOST_CHARACTERS = 600
LARGEST = 2**62


def encode(name: str, *place: str | int) -> str:
    """The cursor of a list's place."""
    return base64.urlsafe_b64encode(json.dumps([name, *place]).encode()).decode().rstrip("=")


def after_moment(at: datetime, row_id: UUID) -> tuple[str, str]:
    """The place of a row in a list ordered by moment and id."""
    return at.isoformat(), str(row_id)


def moment_of(name: str, cursor: str | None) -> tuple[datetime, UUID] | None:
    """The place in a list ordered by moment and id.

    Raises:
        CursorError: the cursor is none of this list.
    """
    place = _decoded(name, cursor, 2)
    if place is None:
        return None
    at = _read(datetime.fromisoformat, place[0])
    if at.tzinfo is None:
        raise CursorError(name)
    return at, _read(UUID, place[1])


def number_of(name: str, cursor: str | None) -> int | None:
    """The place in a list ordered by a number; raises as `moment_of`."""
    place = _decoded(name, cursor, 1)
    if place is None:
        return None
    number = place[0]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < LARGEST:
        raise CursorError(name)
    return number


def words_of(name: str, cursor: str | None, parts: int) -> tuple[str, ...] | None:
    """The place in a list ordered by words; raises as `moment_of`."""
    place = _decoded(name, cursor, parts)
    if place is None:
        return None
    if not all(isinstance(part, str) and "\x00" not in part for part in place):
        raise CursorError(name)
    return tuple(place)


def page(
    found: Sequence[T], limit: int, name: str, place: Callable[[T], tuple[str | int, ...]]
) -> tuple[list[T], str | None]:
    """A page of what was found, one more than `limit` having been asked for, and the cursor of the next."""
    shown = list(found[:limit])
    return shown, encode(name, *place(shown[-1])) if len(found) > limit and shown else None


def _decoded(name: str, cursor: str | None, parts: int) -> list[Any] | None:
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as error:
        raise CursorError(name) from error
    if not isinstance(place, list) or len(place) != parts + 1 or place[0] != name:
        raise CursorError(name)
    return place[1:]


def _read(kind: Callable[[str], T], text: Any) -> T:
    try:
        return kind(text)
    except (ValueError, TypeError, AttributeError) as error:
        raise CursorError(str(text)) from error
