"""Dead letters: how a record that was given up is kept, read again, and sent back.

Invariant: a dead letter holds the record's bytes, key and headers as they came; sent back, it is the same message
again, for the reader that gave it up alone, and its effect happens at most once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from shared.contracts.envelope import Headers
from shared.messaging.kafka import make_producer
from shared.messaging.records import REPLAY_HEADER, Record
from shared.settings import KafkaSettings

_ORIGINAL = "ds_original."
DEAD = ".dead"


@dataclass(frozen=True)
class GivenUp:
    """A record that a reader gave up, with its place and the reason.

    Attributes:
        at: the dead letter itself.
        original: the record as it was; its time is the dead letter's.
        service: whose reader gave it up.
        consumer: which of the service's consumers.
        reason: why.
    """

    at: Record
    original: Record
    service: str
    consumer: str
    reason: str


def headers_of(record: Record, consumer: str, reason: str) -> Headers:
    """What a dead letter carries beside an envelope of its own: the original headers, place and reason."""
    return (
        *((_ORIGINAL + name, value) for name, value in record.headers if value is not None),
        ("ds_topic", record.topic.encode()),
        ("ds_partition", str(record.partition).encode()),
        ("ds_offset", str(record.offset).encode()),
        ("ds_consumer", consumer.encode()),
        ("ds_reason", reason[:1000].encode()),
    )


def read_dead_letter(record: Record) -> GivenUp | None:
    """The dead letter in a record of a `.dead` topic; none where its headers tell no place."""
    ours = {name: value.decode(errors="replace") for name, value in record.headers if name.startswith("ds_") and value}
    try:
        original = Record(
            topic=ours["ds_topic"],
            partition=int(ours["ds_partition"]),
            offset=int(ours["ds_offset"]),
            key=record.key,
            value=record.value,
            headers=tuple((n.removeprefix(_ORIGINAL), v) for n, v in record.headers if n.startswith(_ORIGINAL)),
            timestamp_ms=record.timestamp_ms,
        )
    except (KeyError, ValueError):
        return None
    service = record.topic.removeprefix(f"{original.topic}.").removesuffix(DEAD)
    return GivenUp(record, original, service, ours.get("ds_consumer", ""), ours.get("ds_reason", ""))


async def send_back(settings: KafkaSettings, letters: Sequence[GivenUp]) -> None:
    """Each letter is on its topic again, in the order given, marked for the reader that gave it up.

    Raises:
        KafkaError: the broker did not acknowledge; sending all of them again does no harm.
    """
    producer: AIOKafkaProducer = make_producer(settings)
    await producer.start()
    try:
        for letter in letters:
            record = letter.original
            kept = [(name, value) for name, value in record.headers if name != REPLAY_HEADER]
            headers = [*kept, (REPLAY_HEADER, letter.service.encode())]
            await producer.send_and_wait(
                settings.kafka_topic_prefix + record.topic, record.value, record.key, headers=headers
            )
    finally:
        await producer.stop()
