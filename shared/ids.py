"""Identities: new ones that sort by time, derived ones that come out the same on every replay.

Invariant: `derived_id` of the same cause and purpose is the same for ever; a message derived twice is one message.
"""

from hashlib import sha1
from uuid import UUID, uuid5

import uuid_utils.compat

#: The namespace of every derived id of Deskstream.
NAMESPACE_DESK = UUID("6f0d3c0e-6f67-5b0e-9a55-0c1f3f0a5d11")

#: Of the hash all bits but those of version and variant (RFC 9562 §4.1, §4.2), and those two.
_KEPT_BITS = ~(0xF000 << 64 | 0xC000 << 48)
_VERSION_5 = 0x5000 << 64 | 0x8000 << 48
#: The same for the hexadecimal digit that holds the variant.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def new_id() -> UUID:
    """A UUIDv7: unique as a whole, and later ones sort after earlier ones (RFC 9562 §5.7).

    Those of one millisecond share their first half; what is named by the beginning of its id takes a derived one.
    """
    return uuid_utils.compat.uuid7()


def derived_id(cause: UUID, purpose: str) -> UUID:
    """The id of what follows from `cause` for `purpose`, such as ``rule:<id>:0`` (UUIDv5).

    All of its bits come from a hash: its first 80 are as good as unique, too.

    Source: RFC 9562 §5.5. The standard library's own takes twice as long, and every message has several.
    """
    digest = sha1(cause.int.to_bytes(16, "big") + purpose.encode(), usedforsecurity=False).digest()
    number = int.from_bytes(digest[:16], "big") & _KEPT_BITS | _VERSION_5
    return UUID(int=number)


def derived_name(cause: UUID, purpose: str) -> str:
    """`derived_id` as it is written, where only that is needed: half of the time again."""
    digits = sha1(cause.int.to_bytes(16, "big") + purpose.encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"


def seed_id(name: str) -> UUID:
    """The fixed id of something seeded, such as ``person:rita@desk.example``."""
    return uuid5(NAMESPACE_DESK, name)
