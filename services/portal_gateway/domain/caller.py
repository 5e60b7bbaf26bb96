"""Who asks an owner for something, when, and under which id.

Invariant: the same caller with the same key is the same command, and everything derived from it is the same.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from shared.ids import derived_id

#: The name under which the desk itself asks, on behalf of whoever runs it.
CONSOLE = "system:gateway"


@dataclass(frozen=True, slots=True)
class Caller:
    """One asking.

    Attributes:
        actor: ``agent:<person>`` or ``system:gateway``.
        command_id: of the command; ids of what it makes derive from it.
        fingerprint: of what is asked, where the id comes from a key that may be used again; none for a fresh id.
    """

    actor: str
    command_id: UUID
    now: datetime
    fingerprint: bytes | None = None

    def derived(self, purpose: str) -> UUID:
        """The id of what the command makes."""
        return derived_id(self.command_id, purpose)


def keyed_id(person_id: UUID, key: str) -> UUID:
    """The command id of a caller and a key of theirs (an Idempotency-Key, the token of a form)."""
    return derived_id(person_id, f"command:{key}")


def fingerprint(*parts: JsonValue) -> bytes:
    """What makes two askings the same: equal parts, whatever the order of their members."""
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
