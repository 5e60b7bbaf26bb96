"""The registry of topics: owner, key, readers, partitions, retention. Topics are created from it, never by themselves.

Invariant: a topic has one writing service (the doors of one log excepted by name in `writers`), and whatever is on
Kafka and not here is drift, reported at start.
"""

from dataclasses import dataclass

_DAY_MS = 24 * 60 * 60 * 1000
_FOREVER = -1


@dataclass(frozen=True)
class Topic:
    """One topic as it is to be created.

    Attributes:
        name: without an install's prefix.
        writers: the services that publish on it.
        key: what a record's key holds, in words.
        readers: the services that consume it in a group of theirs.
        folders: the services that read it whole, in no group, to build something anew.
        retention_ms: age at which records go; -1 keeps them.
        compacted: only the newest record of a key is kept.
        partitioned: by the install's partition count (12 by default), else one partition.
        flush_each: fsync before the answer; for the doors of a single-broker install.
        max_record_bytes: the largest record the broker takes.
    """

    name: str
    writers: tuple[str, ...]
    key: str
    readers: tuple[str, ...]
    retention_ms: int
    compacted: bool = False
    partitioned: bool = True
    flush_each: bool = False
    max_record_bytes: int = 262_144 + 16_384
    folders: tuple[str, ...] = ()


def _topic(name: str, writers: str, key: str, readers: str, days: int, **rest: bool | int | tuple[str, ...]) -> Topic:
    return Topic(
        name,
        tuple(writers.split()),
        key,
        tuple(readers.split()),
        _FOREVER if days < 0 else days * _DAY_MS,
        **rest,  # type: ignore[arg-type]
    )


def _state(service: str) -> Topic:
    return _topic(f"{service}-state", service, "kind:id", "", -1, compacted=True, folders=("gateway",))


_ALL = (
    _topic("intake-raw", "intake", "conversation", "intake", 30, flush_each=True, max_record_bytes=614_400),
    _topic("intake-submissions", "gateway", "conversation or form token", "intake", 30, flush_each=True),
    _topic("intake-messages", "intake", "conversation", "tickets", 30),
    _topic("intake-events", "intake", "receipt", "gateway notifier", 90),
    _topic("intake-commands", "gateway", "receipt", "intake", 30),
    _topic("tickets-commands", "gateway automation", "aggregate", "tickets", 30),
    _topic("tickets-events", "tickets", "item or aggregate", "automation notifier gateway", 90),
    _topic("tickets-setup", "tickets", "kind:key", "intake automation notifier", -1, compacted=True, partitioned=False),
    _state("tickets"),
    _topic("automation-commands", "gateway", "rule", "automation", 30),
    _topic("automation-events", "automation", "item or rule", "gateway", 90),
    _topic("notifier-commands", "automation gateway", "item", "notifier", 30),
    _topic("notifier-events", "notifier", "item", "gateway", 90),
    _state("intake"),
    _state("automation"),
    _state("notifier"),
    Topic("gateway-signals", ("gateway",), "none", (), 60 * 60 * 1000, partitioned=False),
)


def dead_topic(topic: Topic, reader: str) -> Topic:
    """The topic that holds what `reader` gave up on `topic`: original bytes and headers, place and reason."""
    return Topic(
        f"{topic.name}.{reader}.dead",
        (reader,),
        topic.key,
        (),
        90 * _DAY_MS,
        partitioned=False,
        max_record_bytes=max(topic.max_record_bytes, 614_400) + 65_536,
    )


_DEAD = tuple(dead_topic(topic, reader) for topic in _ALL for reader in topic.readers)

#: Every topic of an install, by name.
TOPICS: dict[str, Topic] = {topic.name: topic for topic in (*_ALL, *_DEAD)}
