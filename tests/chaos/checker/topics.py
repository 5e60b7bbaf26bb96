"""Topics as evidence: read whole by a consumer of the checker's own, in no group, past all proxies."""

import json
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from tests.chaos.checker.seen import Answered, DeadLetter, Fact, Prints, Said, Someone, Topics, print_of
from tests.chaos.history import MARKER

EVENTS = ("intake-events", "tickets-events", "automation-events", "notifier-events")
STATES = ("intake", "tickets", "automation", "notifier")
POLL_MS = 1000
#: What the value of every bad record begins with.
POISON = b"\x00poison "


async def read_topics(bootstrap: str) -> Topics:
    """All that the topics say now."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=16_777_216,
        max_partition_fetch_bytes=4_194_304,
    )
    await consumer.start()
    try:
        found = Topics(lag=await lag_of(bootstrap, consumer))
        facts: list[Fact] = []
        for topic in EVENTS:
            async for record in _records(consumer, topic):
                if not is_poison(record):
                    facts.append(_fact(record))
                    _keep_told(found.told, record)
        found.facts = facts
        found.states = {owner: await _newest(consumer, f"{owner}-state") for owner in STATES}
        dead = [name for name in await consumer.topics() if name.endswith(".dead")]
        found.dead = [_dead(record) for topic in sorted(dead) async for record in _records(consumer, topic)]
        return found
    finally:
        await consumer.stop()


def is_poison(record: Any) -> bool:
    """Whether a record was put there to be given up."""
    return bool(record.value) and record.value.startswith(POISON)


async def lag_of(bootstrap: str, consumer: AIOKafkaConsumer) -> dict[str, int]:
    """Records behind what each group has committed, of the topics it has ever committed for."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found: dict[str, int] = {}
        for group, _ in await admin.list_consumer_groups():
            committed = await admin.list_consumer_group_offsets(group)
            ends = await consumer.end_offsets(list(committed)) if committed else {}
            found[group] = sum(max(0, ends[where] - committed[where].offset) for where in ends)
        return found
    finally:
        await admin.close()


async def _records(consumer: AIOKafkaConsumer, topic: str) -> AsyncIterator[Any]:
    """Every record of a topic, partition by partition in order, up to where they ended when asked."""
    await consumer.topics()
    places = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    ends = await consumer.end_offsets(places)
    for place in places:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        while await consumer.position(place) < ends[place]:
            for records in (await consumer.getmany(place, timeout_ms=POLL_MS)).values():
                for record in records:
                    yield record


async def _newest(consumer: AIOKafkaConsumer, topic: str) -> Prints:
    """The newest version of every key of a state topic; a removed one is gone."""
    found: Prints = {}
    async for record in _records(consumer, topic):
        key = record.key.decode()
        if not record.value:
            found.pop(key, None)
            continue
        state = json.loads(record.value)
        if key not in found or found[key][0] <= state["version"]:
            found[key] = (state["version"], print_of(state))
    return found


def _keep_told(told: Prints, record: Any) -> None:
    """The newest snapshot of items and messages that events carry."""
    body = json.loads(record.value)
    for kind in ("item", "message", "delivery", "decision", "receipt"):
        state = body.get(kind)
        if isinstance(state, dict) and "version" in state and "id" in state:
            key = f"{kind}:{state['id']}"
            if key not in told or told[key][0] <= state["version"]:
                told[key] = (state["version"], print_of(state))


def _fact(record: Any) -> Fact:
    headers = {name: (value or b"").decode() for name, value in record.headers}
    body = json.loads(record.value)
    item, sequence = body.get("item"), headers.get("ce_sequence")
    return Fact(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        id=headers["ce_id"],
        type=headers["ce_type"],
        subject=headers["ce_subject"],
        sequence=int(sequence) if sequence else None,
        actor=headers["ce_actor"],
        item=item["id"] if item else None,
        involved=tuple(_someone(person) for person in (item["requester"], *item["followers"])) if item else (),
        assignee=_someone(item["assignee"]) if item and item["assignee"] else None,
        reassigned="assignee" in body.get("changes", {}),
        said=_said(body["message"]) if item and body.get("message") else None,
        answered=_answered(body) if headers["ce_type"].endswith("command.answered.v1") else None,
    )


def _someone(person: dict[str, Any]) -> Someone:
    return Someone(person["id"], person["address"].lower(), person["staff"])


def _said(message: dict[str, Any]) -> Said:
    author, found = message["author"], MARKER.search(message["text"])
    return Said(
        id=message["id"],
        author=author["id"] if author else None,
        by=message["by"],
        public=message["public"],
        held=message["held"],
        automatic=message["automatic"] is not None,
        marker=found[0] if found else "",
    )


def _answered(body: dict[str, Any]) -> Answered:
    return Answered(body["command_id"], body["outcome"], body["code"] or "", print_of(body))


def _dead(record: Any) -> DeadLetter:
    headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    place = f"{headers.get('ds_topic')}[{headers.get('ds_partition')}]@{headers.get('ds_offset')}"
    return DeadLetter(record.topic, record.value or b"", place)
