"""Open a request by a signed link, and read what its page shows.

Rules:
- A link opens one item for one person, as long as that person takes part by the link's nonce and is active.
- Only public messages that wait for nobody are read; files come from them alone.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.portal_gateway.domain.request_page import file_of, opens, readable
from shared.contracts.state import AttachmentRef, ChangeState, ItemState, MessageState, PersonState
from shared.links import RequestLink

CHUNK = 500
#: So many messages of a conversation are shown, the newest.
MOST_MESSAGES = 2000


class Items(Protocol):
    """Items and their conversations."""

    async def of_id(self, item_id: UUID) -> ItemState | None:
        """The item."""

    async def messages(
        self, item_id: UUID, *, public_only: bool, after: tuple[datetime, UUID] | None = None, limit: int = 500
    ) -> list[MessageState]:
        """Its conversation, oldest first."""

    async def message(self, message_id: UUID) -> MessageState | None:
        """One message."""

    async def history(self, item_id: UUID, after_version: int = 0, limit: int = 1000) -> list[ChangeState]:
        """The item's steps, oldest first."""


class People(Protocol):
    """People."""

    async def person(self, person_id: UUID) -> PersonState | None:
        """The person."""


@dataclass(frozen=True)
class Opened:
    """An item, and the person whose link opened it."""

    item: ItemState
    person: PersonState


@dataclass(frozen=True)
class Conversation:
    """What the page shows beside the item: public messages, and the steps of its status."""

    messages: Sequence[MessageState]
    steps: Sequence[ChangeState]


async def open_request(items: Items, people: People, link: RequestLink | None) -> Opened | None:
    """What a verified link opens; none where it opens nothing, whatever the reason."""
    if link is None:
        return None
    item, person = await asyncio.gather(items.of_id(link.item_id), people.person(link.person_id))
    if item is None or person is None or not opens(link, item, person):
        return None
    return Opened(item, person)


async def read_conversation(items: Items, item: ItemState) -> Conversation:
    """The public conversation of an item."""
    messages, steps = await asyncio.gather(_messages(items, item), items.history(item.id))
    return Conversation(messages, steps)


async def find_file(items: Items, item: ItemState, message_id: UUID, place: int) -> AttachmentRef | None:
    """A file of a public message of this item, by its place; none for every other."""
    return file_of(await items.message(message_id), item, place)


async def find_message(items: Items, item: ItemState, message_id: UUID) -> MessageState | None:
    """A public message of this item; none for every other."""
    message = await items.message(message_id)
    return message if message is not None and readable([message], item) else None


async def _messages(items: Items, item: ItemState) -> list[MessageState]:
    found: list[MessageState] = []
    after: tuple[datetime, UUID] | None = None
    while True:
        chunk = await items.messages(item.id, public_only=True, after=after, limit=CHUNK)
        found = (found + readable(chunk, item))[-MOST_MESSAGES:]
        if len(chunk) < CHUNK:
            return found
        after = (chunk[-1].created_at, chunk[-1].id)
