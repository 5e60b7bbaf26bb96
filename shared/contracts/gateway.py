"""Signals between the gateway's replicas: hints to look, never facts; a lost one costs a moment."""

from uuid import UUID

from shared.contracts.base import Message, message


@message("deskstream.gateway.projected.v1", "gateway-signals")
class Projected(Message):
    """The read model moved on.

    Attributes:
        feed: the newest feed number that is visible now.
        answered: commands and receipts whose answers are visible now.
        items: ids of the items whose rows changed.
    """

    feed: int
    answered: tuple[UUID, ...] = ()
    items: tuple[UUID, ...] = ()
