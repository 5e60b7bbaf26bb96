"""What of a topic of snapshots is compared with the rows, and what is read again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from shared.messaging import mending
from shared.messaging.mending import Mender
from tests.support.waiting import eventually

TP = TopicPartition("p.tickets-state", 0)


class Log:
    """One partition: keys and versions, in order; with how many of them were read."""

    def __init__(self, *records: tuple[str, int]) -> None:
        self.records = list(records)
        self.read = 0
        self._position = 0

    def newest(self) -> dict[str, int]:
        return dict(self.records)

    def assign(self, _: Sequence[TopicPartition]) -> None:
        """There is one partition only."""

    async def seek_to_beginning(self, _: TopicPartition) -> None:
        self._position = 0

    def seek(self, _: TopicPartition, offset: int) -> None:
        self._position = offset

    async def end_offsets(self, _: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {TP: len(self.records)}

    async def position(self, _: TopicPartition) -> int:
        return self._position

    async def getmany(self, _: TopicPartition, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        assert timeout_ms
        found = self.records[self._position : self._position + max_records]
        self._position += len(found)
        self.read += len(found)
        return {TP: [_record(key, version) for key, version in found]}


def _record(key: str, version: int) -> SimpleNamespace:
    return SimpleNamespace(key=key.encode(), value=b"{}", headers=(("ce_sequence", str(version).encode()),))


class Outbox:
    """A pool whose outbox holds these keys; `asked` is called before each look at it."""

    def __init__(self) -> None:
        self.pending: tuple[str, ...] = ()
        self.asked: Callable[[], object] = int

    async def fetch(self, *_: object) -> list[dict[str, bytes]]:
        self.asked()
        return [{"key": key.encode()} for key in self.pending]

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Outbox"]:
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield


class Case:
    """A log, rows and a mender of both; what is told again is on the log at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, log: Log, **rows: int) -> None:
        self.log, self.rows, self.outbox = log, rows, Outbox()
        self.leads = True
        settings: Any = SimpleNamespace(kafka_topic_prefix="p.")
        pool: Any = self.outbox
        self.mender = Mender("tickets-state", settings, pool, lambda: self.leads, self._versions, self._again)

        @asynccontextmanager
        async def reader(_: object) -> AsyncIterator[Log]:
            yield log

        async def partitions(*_: object) -> list[int]:
            return [0]

        monkeypatch.setattr(mending, "_reader", reader)
        monkeypatch.setattr(mending, "_partitions", partitions)
        monkeypatch.setattr(mending, "BETWEEN_CHUNKS_SECONDS", 0.0)

    async def _versions(self, _: object, keys: Sequence[str]) -> dict[str, int]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    async def _again(self, _: object, keys: Sequence[str]) -> None:
        self.log.records += [(key, self.rows[key]) for key in keys]


async def test_what_was_compared_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time only what came since: a million items are not read every hour."""
    case = Case(monkeypatch, Log(("a", 1), ("a", 2), ("b", 1)), a=2, b=1)
    assert await case.mender.mend() == 0
    case.log.records.append(("a", 1))
    case.log.read = 0
    assert await case.mender.mend() == 1
    assert case.log.read == 1
    assert case.log.newest() == case.rows


async def test_what_comes_while_rows_are_compared_is_compared_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zombie's burst may come in two parts."""
    case = Case(monkeypatch, Log(("a", 2), ("b", 2), ("a", 1)), a=2, b=2)

    def once_more() -> None:
        case.outbox.asked = int
        case.log.records.append(("b", 1))

    case.outbox.asked = once_more
    assert await case.mender.mend() == 1
    assert await case.mender.mend() == 1
    assert case.log.newest() == case.rows


async def test_a_key_whose_row_is_on_its_way_is_compared_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be on the topic already, before the stale one, and not yet gone from the outbox."""
    case = Case(monkeypatch, Log(("a", 1), ("a", 2), ("a", 1)), a=2)
    case.outbox.pending = ("a",)
    assert await case.mender.mend() == 0
    case.outbox.pending = ()
    assert await case.mender.mend() == 1
    assert case.log.newest() == case.rows


async def test_a_log_that_has_become_shorter_is_read_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """The topic was made anew, or its broker lost the end of it."""
    case = Case(monkeypatch, Log(*(("a", version) for version in range(1, 9))), a=8)
    assert await case.mender.mend() == 0
    case.log.records = [("a", 8), ("a", 7)]
    assert await case.mender.mend() == 1
    assert case.log.newest() == case.rows


async def test_a_stop_does_not_wait_for_the_whole_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor for a broker that does not answer."""
    case = Case(monkeypatch, Log(("a", 1)), a=1)
    began, stop = asyncio.Event(), asyncio.Event()

    async def never() -> int:
        began.set()
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(case.mender, "mend", never)
    running = asyncio.ensure_future(case.mender.run(stop))
    await asyncio.wait_for(began.wait(), 60)
    stop.set()
    await asyncio.wait_for(running, 60)


async def test_who_leads_anew_compares_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile others told and mended; whatever they left is looked at once."""
    case = Case(monkeypatch, Log(("a", 1)), a=1)
    assert await case.mender.mend() == 0
    case.log.read, case.leads, stop = 0, False, asyncio.Event()
    monkeypatch.setattr(mending, "LOOK_SECONDS", 0.001)
    running = asyncio.ensure_future(case.mender.run(stop))
    await asyncio.sleep(0)
    case.leads = True

    async def has_read() -> bool:
        return bool(case.log.read)

    await eventually(has_read, "the topic is read anew")
    stop.set()
    await asyncio.wait_for(running, 60)
    assert case.log.read == 1
