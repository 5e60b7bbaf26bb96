"""Records and envelopes for tests, each with what matters to the test named and the rest filled in."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.contracts.envelope import Envelope, Headers
from shared.messaging.records import Record

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ID = UUID("0190b6a2-7c1e-7d3a-9f00-0123456789ab")


def envelope(**more: Any) -> Envelope:
    """An envelope of the system's."""
    values: dict[str, Any] = {
        "id": ID,
        "type": "deskstream.tickets.command.answered.v1",
        "source": "/deskstream/tickets",
        "time": NOON,
        "subject": "command:1",
        "correlationid": ID,
        "actor": "system:test",
    }
    return Envelope(**{**values, **more})


def record(offset: int = 0, headers: Headers | None = None, **more: Any) -> Record:
    """A record of one partition."""
    values: dict[str, Any] = {
        "topic": "tickets-events",
        "partition": 0,
        "offset": offset,
        "key": b"a",
        "value": b"{}",
        "headers": envelope().to_headers() if headers is None else headers,
        "timestamp_ms": int(NOON.timestamp() * 1000),
    }
    return Record(**{**values, **more})
