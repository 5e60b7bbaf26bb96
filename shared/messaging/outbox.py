"""The outbox: what a service says, written in the transaction of its effect, published afterwards by the relay.

Invariant: rows of one aggregate are inserted under its row lock, so their order is its commits' order.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel

from shared.contracts.envelope import Envelope, Headers, Sibling
from shared.contracts.topics import TOPICS
from shared.errors import ContractError
from shared.postgres.pool import Connection

#: With the role's name behind it: every service of the desk listens in the same database.
CHANNEL = "outbox"
_WAKE = "select pg_notify('outbox_' || current_user, '')"
#: The same with the rows, where they are few: a copy takes three ways to the server and back, this takes one.
_SAY_AND_WAKE = """
with said as (
    insert into outbox (topic, key, value, headers)
    select * from unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[])
)
select pg_notify('outbox_' || current_user, '')
"""
#: Past so many a copy costs less.
FEW = 100
#: What Kafka adds to one record of a batch of its own.
FRAMING_BYTES = 1024
_SIZES = struct.Struct(">HI")
_COMMON = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish. A body of none is a tombstone; `extra` headers stand beside the envelope's."""

    topic: str
    key: str
    envelope: Envelope | Sibling
    body: BaseModel | bytes | None
    extra: Headers = ()

    def value(self) -> bytes | None:
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return self.body.model_dump_json().encode()

    def headers(self) -> Headers:
        return (*self.envelope.to_headers(), *self.extra)

    def packed(self) -> bytes:
        """Envelope and further headers as the outbox keeps them; `unpack` gives them back."""
        common = _packed_common(self.envelope.common_headers())
        own = pack_headers((*self.envelope.own_headers(), *self.extra))
        return _COMMON.pack(len(common)) + common + own


async def add(connection: Connection, messages: Sequence[Outgoing]) -> None:
    """Say messages when this transaction commits, in this order; the relay is woken by the commit.

    Raises:
        KeyError: a topic is not in the registry; the relay would wait for it for ever.
        ContractError: a record is larger than its topic takes; it would stop everything behind it.
    """
    if not messages:
        return
    rows = [(m.topic, m.key.encode(), m.value(), m.packed()) for m in messages]
    for topic, key, value, headers in rows:
        limit = TOPICS[topic].max_record_bytes - FRAMING_BYTES
        if len(key) + len(value or b"") + len(headers) > limit:
            raise ContractError(f"a record of {topic} would be larger than {limit} bytes")
    if len(rows) <= FEW:
        await connection.execute(_SAY_AND_WAKE, *map(list, zip(*rows, strict=True)))
        return
    await connection.copy_records_to_table("outbox", records=rows, columns=("topic", "key", "value", "headers"))
    await connection.execute(_WAKE)


def unpack(packed: bytes) -> Headers:
    """The headers that `Outgoing.packed` packed."""
    end = _COMMON.size + _COMMON.unpack_from(packed)[0]
    return (*unpack_headers(packed[end:]), *_unpacked_common(packed[_COMMON.size : end]))


def pack_headers(headers: Headers) -> bytes:
    """Headers as bytes: byte-exact, whatever they hold."""
    parts: list[bytes] = []
    for name, value in headers:
        encoded = name.encode()
        parts += (_SIZES.pack(len(encoded), len(value)), encoded, value)
    return b"".join(parts)


def unpack_headers(packed: bytes) -> Headers:
    """The headers that `pack_headers` packed."""
    found, at = [], 0
    while at < len(packed):
        name_size, value_size = _SIZES.unpack_from(packed, at)
        at += _SIZES.size
        name = packed[at : at + name_size].decode()
        found.append((name, packed[at + name_size : at + name_size + value_size]))
        at += name_size + value_size
    return tuple(found)


# All messages of one cause share these headers, and a batch's cause says several things: each is packed once.
_packed_common = lru_cache(maxsize=2048)(pack_headers)
_unpacked_common = lru_cache(maxsize=2048)(unpack_headers)
