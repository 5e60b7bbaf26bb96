"""Identities: new ones that sort by time, derived ones that come out the same on every replay.

Invariant: `derived_id` of the same cause and purpose is the same for ever; a message derived twice is one message.
"""

from uuid import UUID, uuid5

import uuid_utils.compat

#: The namespace of every derived id of Deskstream.
NAMESPACE_DESK = UUID("6f0d3c0e-6f67-5b0e-9a55-0c1f3f0a5d11")


def new_id() -> UUID:
    """A UUIDv7: unique, and later ones sort after earlier ones (RFC 9562 §5.7)."""
    return uuid_utils.compat.uuid7()


def derived_id(cause: UUID, purpose: str) -> UUID:
    """The id of what follows from `cause` for `purpose`, such as ``rule:<id>:0`` (UUIDv5)."""
    return uuid5(cause, purpose)


def seed_id(name: str) -> UUID:
    """The fixed id of something seeded, such as ``person:rita@desk.example``."""
    return uuid5(NAMESPACE_DESK, name)
