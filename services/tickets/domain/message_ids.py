"""Message-IDs as keys: those of a mail itself, and its ancestors'.

Invariant: however long a Message-ID is, its key fits an index; equal ids have equal keys.
Source: RFC 5322 §3.6.4.
"""

import hashlib
from collections.abc import Sequence

#: A mail may name thousands of ancestors; the nearest and the eldest are enough to meet its conversation.
NEAREST, ELDEST = 80, 20
LONGEST_KEY_BYTES = 900


def key_of(message_id: str) -> str:
    """The key under which a Message-ID is kept."""
    encoded = message_id.encode(errors="replace")
    return message_id if len(encoded) <= LONGEST_KEY_BYTES else f"sha256:{hashlib.sha256(encoded).hexdigest()}"


def ancestor_keys(thread_ids: Sequence[str]) -> list[str]:
    """Keys of a mail's ancestors, the nearest first.

    Args:
        thread_ids: In-Reply-To and References, the nearest first, without angle brackets.
    """
    names = list(thread_ids)
    if len(names) > NEAREST + ELDEST:
        names = [*names[:NEAREST], *names[-ELDEST:]]
    return [key_of(name) for name in names if name]


def all_keys(message_id: str | None, thread_ids: Sequence[str]) -> list[str]:
    """A mail's own key, where it has an id, and its ancestors'."""
    return [*([key_of(message_id)] if message_id else []), *ancestor_keys(thread_ids)]
