"""The outbox: what a service says, written in the transaction of its effect, published afterwards by the relay.

Invariant: rows of one aggregate are inserted under its row lock, so their order is its commits' order.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from shared.contracts.envelope import Envelope, Headers
from shared.contracts.topics import TOPICS
from shared.errors import ContractError
from shared.postgres.pool import Connection

#: With the role's name behind it: every service of the desk listens in the same database.
CHANNEL = "outbox"
_WAKE = "select pg_notify('outbox_' || current_user, '')"
#: What Kafka adds to one record of a batch of its own.
FRAMING_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish. A body of none is a tombstone; `extra` headers stand beside the envelope's."""

    topic: str
    key: str
    envelope: Envelope
    body: BaseModel | bytes | None
    extra: Headers = ()

    def value(self) -> bytes | None:
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return self.body.model_dump_json().encode()

    def headers(self) -> Headers:
        return (*self.envelope.to_headers(), *self.extra)


async def add(connection: Connection, messages: Sequence[Outgoing]) -> None:
    """Say messages when this transaction commits, in this order; the relay is woken by the commit.

    Raises:
        KeyError: a topic is not in the registry; the relay would wait for it for ever.
        ContractError: a record is larger than its topic takes; it would stop everything behind it.
    """
    if not messages:
        return
    rows = [(m.topic, m.key.encode(), m.value(), pack_headers(m.headers())) for m in messages]
    for topic, key, value, headers in rows:
        limit = TOPICS[topic].max_record_bytes - FRAMING_BYTES
        if len(key) + len(value or b"") + len(headers) > limit:
            raise ContractError(f"a record of {topic} would be larger than {limit} bytes")
    await connection.copy_records_to_table("outbox", records=rows, columns=("topic", "key", "value", "headers"))
    await connection.execute(_WAKE)


def pack_headers(headers: Headers) -> bytes:
    """Headers as bytes: byte-exact, whatever they hold."""
    parts = []
    for name, value in headers:
        encoded = name.encode()
        parts.append(struct.pack(">HI", len(encoded), len(value)) + encoded + value)
    return b"".join(parts)


def unpack_headers(packed: bytes) -> list[tuple[str, bytes]]:
    """The headers that `pack_headers` packed."""
    found, at = [], 0
    while at < len(packed):
        name_size, value_size = struct.unpack_from(">HI", packed, at)
        at += 6
        name = packed[at : at + name_size].decode()
        found.append((name, packed[at + name_size : at + name_size + value_size]))
        at += name_size + value_size
    return found
