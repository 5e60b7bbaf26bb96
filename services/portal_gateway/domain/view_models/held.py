"""The list of held messages: each with the ticket that it refers to."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.portal_gateway.domain.view_models.conversation import Block
from services.portal_gateway.domain.view_models.lists import Empty
from services.portal_gateway.domain.view_models.texts import counted
from shared.contracts.state import ItemState


@dataclass(frozen=True, slots=True)
class Held:
    """A held message and its ticket."""

    number: int
    title: str
    url: str
    block: Block


@dataclass(frozen=True, slots=True)
class HeldPage:
    """All of them."""

    count: str
    messages: tuple[Held, ...]
    empty: Empty | None


def held_page(found: Iterable[tuple[ItemState, Block]]) -> HeldPage:
    """The page; `found` in the order to show."""
    held = tuple(
        Held(item.number, item.title or "(no subject)", f"/workspace/items/{item.number}", block)
        for item, block in found
    )
    text = "When somebody who takes no part in a ticket writes with its reference, the message waits here for you."
    return HeldPage(
        f"{counted(len(held), 'message')} waiting", held, None if held else Empty("hand", "No message is held", text)
    )
