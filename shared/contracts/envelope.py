"""The CloudEvents 1.0 envelope in Kafka's binary binding: who said what, when, and because of what.

Invariant: an envelope written with `Envelope.to_headers` and read with `Envelope.from_headers` is the same value.
Source: CloudEvents 1.0, Kafka protocol binding §3.2 (binary content mode).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.contracts.base import faults_of

Headers = tuple[tuple[str, bytes], ...]

#: Depth at which a chain of rules ends (DESIGN: a rule never acts on the consequences of its own act).
MAX_CAUSE_DEPTH = 5


class EnvelopeError(ValueError):
    """The headers are not an envelope; the record is a dead letter, retrying cannot mend it."""


class Envelope(BaseModel):
    """The context of one message. `ids` are UUIDs, moments are aware and in UTC.

    Attributes:
        id: the message's own id; a repeat of the message has the same one.
        type: ``deskstream.tickets.item.created.v1`` and the like.
        source: ``/deskstream/<service>``.
        time: when the fact happened or the command was given.
        subject: ``item:<id>``, ``receipt:<id>`` … : the aggregate that it is about.
        correlationid: the receipt or command id minted at the door that began it all.
        causationid: id of the message that this one follows from; none at a door.
        actor: ``agent:<person>``, ``customer:<person>``, ``rule:<rule>`` or ``system:<service>``; services only.
        causes: ids of the rules behind it, oldest first; the length is the depth of the chain.
        sequence: the aggregate's version after the fact.
        traceparent: W3C trace context.
        accepted_at: when a door accepted the input that began it all.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    type: str
    source: str
    time: datetime
    subject: str
    correlationid: UUID
    causationid: UUID | None = None
    actor: str
    causes: tuple[str, ...] = ()
    sequence: int | None = None
    traceparent: str | None = None
    accepted_at: datetime | None = None

    def to_headers(self) -> Headers:
        """The envelope as Kafka record headers, absent values left out."""
        return (*self.own_headers(), *self.common_headers())

    def own_headers(self) -> Headers:
        """What is this message's alone."""
        return _own_headers(str(self.id), self.type, self.subject, self.sequence)

    def common_headers(self) -> Headers:
        """What it shares with all messages of the same cause: one input says several things at one moment."""
        return _common_headers(
            self.source,
            self.time,
            self.correlationid,
            self.causationid,
            self.actor,
            self.causes,
            self.traceparent,
            self.accepted_at,
        )

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes | None]]) -> "Envelope":
        """Read an envelope from record headers; headers that are not its own are passed over.

        Raises:
            EnvelopeError: a required attribute is missing or malformed; treat the record as a dead letter.
        """
        found: dict[str, str] = {}
        try:
            for name, raw in headers:
                if raw is not None and name in _ATTRIBUTES:
                    found[_ATTRIBUTES[name]] = raw.decode()
            causes = found.pop("causes", "")
            return cls.model_validate({**found, "causes": tuple(filter(None, causes.split(",")))})
        except UnicodeDecodeError as error:
            raise EnvelopeError(f"a header is not UTF-8: {error.reason}") from error
        except ValidationError as error:
            raise EnvelopeError(faults_of(error)) from error


class Sibling(NamedTuple):
    """The envelope of one of several messages of one cause: what they share is put into headers once, for all of them.

    Attributes:
        id, type, subject, sequence: as of an `Envelope`, which is what its headers are read as.
        common: `Envelope.common_headers` of any of them.
    """

    id: str
    type: str
    subject: str
    sequence: int | None
    common: Headers

    def to_headers(self) -> Headers:
        return (*self.own_headers(), *self.common)

    def own_headers(self) -> Headers:
        return _own_headers(*self[:4])

    def common_headers(self) -> Headers:
        return self.common


_ATTRIBUTES = {
    "ce_id": "id",
    "ce_type": "type",
    "ce_source": "source",
    "ce_time": "time",
    "ce_subject": "subject",
    "ce_correlationid": "correlationid",
    "ce_causationid": "causationid",
    "ce_actor": "actor",
    "ce_causes": "causes",
    "ce_sequence": "sequence",
    "traceparent": "traceparent",
    "ce_acceptedat": "accepted_at",
}


def _own_headers(identity: str, ce_type: str, subject: str, sequence: int | None) -> Headers:
    own = (("ce_id", identity.encode()), ("ce_type", ce_type.encode()), ("ce_subject", subject.encode()))
    return own if sequence is None else (*own, ("ce_sequence", b"%d" % sequence))


@lru_cache(maxsize=2048)
def _common_headers(  # noqa: PLR0913, PLR0917 - the key of the cache
    source: str,
    time: datetime,
    correlationid: UUID,
    causationid: UUID | None,
    actor: str,
    causes: tuple[str, ...],
    traceparent: str | None,
    accepted_at: datetime | None,
) -> Headers:
    values = {
        "ce_specversion": "1.0",
        "ce_source": source,
        "ce_time": _moment(time),
        "ce_correlationid": str(correlationid),
        "ce_causationid": "" if causationid is None else str(causationid),
        "ce_actor": actor,
        "ce_causes": ",".join(causes),
        "traceparent": traceparent or "",
        "ce_acceptedat": "" if accepted_at is None else _moment(accepted_at),
        "content-type": "application/json",
    }
    return tuple((name, value.encode()) for name, value in values.items() if value)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
