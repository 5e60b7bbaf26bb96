"""Topics as evidence: read whole by a consumer of the checker's own, in no group, past all proxies."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from tests.chaos.checker.seen import Answered, DeadLetter, Fact, Prints, Said, Someone, Topics, print_of
from tests.chaos.history import MARKER

EVENTS = ("intake-events", "tickets-events", "automation-events", "notifier-events")
STATES = ("intake", "tickets", "automation", "notifier")
#: What the desk is set up with, for services that keep a copy of it.
SETUP = "tickets-setup"
POLL_MS = 1000
#: Aggregates that facts carry, beside items.
_AGGREGATES = ("delivery", "receipt", "quarantine", "rule")
#: What the value of every bad record begins with.
POISON = b"\x00poison "


async def read_topics(bootstrap: str) -> Topics:
    """All that the topics say now."""
    async with _Log(bootstrap) as log:
        found = Topics(lag=await log.lag())
        facts: list[Fact] = []
        dead: list[DeadLetter] = []
        states: dict[str, Prints] = {owner: {} for owner in STATES}
        kept = {*EVENTS, SETUP, *(f"{owner}-state" for owner in STATES)}
        async for record in log.records(topic for topic in log.partitions if topic in kept or topic.endswith(".dead")):
            if record.topic.endswith(".dead"):
                dead.append(_dead(record))
            elif is_poison(record):
                continue
            elif record.topic == SETUP:
                _keep_newest(found.setup, record)
            elif record.topic.endswith("-state"):
                _keep_newest(states[record.topic.removesuffix("-state")], record)
            else:
                facts.append(_fact(record))
                _keep_told(found.told, record)
        found.facts, found.states, found.dead = facts, states, dead
        return found


async def lag_of(bootstrap: str) -> dict[str, int]:
    """Records behind what each group has committed, of the topics it has ever committed for."""
    async with _Log(bootstrap) as log:
        return await log.lag()


class _Log:
    """The topics, read whole and in order."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_bytes=16_777_216,
            max_partition_fetch_bytes=4_194_304,
        )
        self.partitions: dict[str, list[TopicPartition]] = {}

    async def __aenter__(self) -> "_Log":
        try:
            await self._admin.start()
            await self._consumer.start()
            for topic in await self._admin.describe_topics():
                numbers = sorted(each["partition"] for each in topic["partitions"])
                self.partitions[topic["topic"]] = [TopicPartition(topic["topic"], number) for number in numbers]
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def records(self, topics: Iterable[str]) -> AsyncIterator[Any]:
        """Every record of topics up to where they ended when asked; those of a partition in their order."""
        places = [place for topic in topics for place in self.partitions[topic]]
        ends = await self._consumer.end_offsets(places)
        waiting = {place: end for place, end in ends.items() if end}
        self._consumer.assign(list(waiting))
        await self._consumer.seek_to_beginning()
        while waiting:
            for place, records in (await self._consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    if record.offset < ends[place]:
                        yield record
            for place in [place for place in waiting if await self._consumer.position(place) >= ends[place]]:
                del waiting[place]

    async def lag(self) -> dict[str, int]:
        """As `lag_of` says."""
        found: dict[str, int] = {}
        for group, _ in await self._admin.list_consumer_groups():
            committed = await self._admin.list_consumer_group_offsets(group)
            ends = await self._consumer.end_offsets(list(committed)) if committed else {}
            found[group] = sum(max(0, ends[where] - committed[where].offset) for where in ends)
        return found


def is_poison(record: Any) -> bool:
    """Whether a record was put there to be given up."""
    return bool(record.value) and record.value.startswith(POISON)


def _keep_newest(found: Prints, record: Any) -> None:
    """The newest version of a state topic's key; a removed one is gone."""
    key = record.key.decode()
    if not record.value:
        found.pop(key, None)
        return
    state = json.loads(record.value)
    if key not in found or found[key][0] <= state["version"]:
        found[key] = (state["version"], print_of(state))


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
    item, (aggregate, version) = body.get("item"), _aggregate(headers, body)
    return Fact(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        id=headers["ce_id"],
        type=headers["ce_type"],
        aggregate=aggregate,
        version=version,
        actor=headers["ce_actor"],
        item=item["id"] if item else None,
        involved=tuple(_someone(person) for person in (item["requester"], *item["followers"])) if item else (),
        assignee=_someone(item["assignee"]) if item and item["assignee"] else None,
        reassigned="assignee" in body.get("changes", {}),
        said=_said(body["message"]) if item and body.get("message") else None,
        answered=_answered(body) if headers["ce_type"].endswith("command.answered.v1") else None,
    )


def _aggregate(headers: dict[str, str], body: dict[str, Any]) -> tuple[str, int | None]:
    """What a fact is about, and its version after it."""
    for kind in _AGGREGATES:
        if isinstance(body.get(kind), dict) and kind in headers["ce_type"]:
            return f"{kind}:{body[kind]['id']}", body[kind]["version"]
    sequence = headers.get("ce_sequence")
    return headers["ce_subject"], int(sequence) if sequence else None


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
