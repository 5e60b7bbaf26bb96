"""Records as they come from Kafka, read one by one: a bad one costs only itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ValidationError

from shared.contracts.base import Message, faults_of
from shared.contracts.envelope import Envelope, EnvelopeError
from shared.contracts.intake import RAW_TYPE
from shared.contracts.registry import MalformedBodyError, UnknownTypeError, decode
from shared.contracts.state import SNAPSHOTS, Snapshot
from shared.contracts.topics import TOPICS
from shared.errors import ContractError

_OF_SNAPSHOTS = frozenset(name for name, topic in TOPICS.items() if topic.compacted)
#: Header of a dead letter that staff sent back: the service that gave it up, and alone tries it again.
REPLAY_HEADER = "ds_replay"


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record as it came; `topic` without the install's prefix."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int

    @property
    def place(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"

    @property
    def ce_type(self) -> str:
        """The type that its envelope names; "" where it names none."""
        return self._header("ce_type")

    @property
    def ce_actor(self) -> str:
        """Who its envelope says it comes from; "" where it does not."""
        return self._header("ce_actor")

    def _header(self, wanted: str) -> str:
        for name, value in self.headers:
            if name == wanted:
                return (value or b"").decode(errors="replace")
        return ""

    def place_id(self) -> UUID:
        """An id for a record that has none of its own, the same each time it is read."""
        return uuid5(NAMESPACE_URL, f"kafka:{self.place}:{self.timestamp_ms}")


class RawBody(BaseModel):
    """The body of a record that is not JSON: the octets stay in the record."""


class Tombstone(BaseModel):
    """The body of a record without a value on a compacted topic: its key is gone."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record with its envelope and its body decoded by type."""

    record: Record
    envelope: Envelope
    body: BaseModel

    @property
    def counts_from(self) -> datetime:
        """From when its age counts: its own time, or when staff sent it back, which starts the age anew."""
        if replayed_for(self.record) is None:
            return self.envelope.time
        return datetime.fromtimestamp(self.record.timestamp_ms / 1000, UTC)


def from_kafka(record: Any, prefix: str) -> Record:
    """A record of aiokafka as ours."""
    return Record(
        topic=record.topic.removeprefix(prefix),
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        timestamp_ms=record.timestamp,
    )


def replayed_for(record: Record) -> str | None:
    """The service that a dead letter was sent back for; none for any other record."""
    for name, value in record.headers:
        if name == REPLAY_HEADER:
            return (value or b"").decode(errors="replace")
    return None


def read(record: Record) -> Incoming | None:
    """Decode a record; none for a type of a newer version, which is counted and passed over.

    Raises:
        ContractError: headers or value break the contract; the record is a dead letter.
    """
    try:
        envelope = Envelope.from_headers(record.headers)
        return Incoming(record, envelope, _body(record, envelope.type))
    except UnknownTypeError:
        return None
    except ValidationError as error:
        raise ContractError(faults_of(error)) from error
    except (EnvelopeError, MalformedBodyError) as error:
        raise ContractError(str(error)[:500]) from error


def _body(record: Record, ce_type: str) -> Message | Snapshot | RawBody | Tombstone:
    if ce_type == RAW_TYPE:
        return RawBody()
    if record.topic in _OF_SNAPSHOTS:
        if not record.value:
            return Tombstone()
        kind = (record.key or b"").split(b":", 1)[0].decode(errors="replace")
        if kind not in SNAPSHOTS:
            raise UnknownTypeError(kind)
        return SNAPSHOTS[kind].model_validate_json(record.value)
    if record.value is None:
        raise MalformedBodyError(f"{ce_type}: no value")
    return decode(ce_type, record.value)
