"""One batch through one transaction, or record by record when that fails.

Invariant: for each record of the batch exactly one of these is true afterwards: its effect is committed once; it is a
dead letter in the outbox; it and everything behind it in its partition wait for another try.
"""

import traceback
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from shared.contracts.envelope import Envelope
from shared.crashpoint import crashpoint
from shared.errors import ContractError, TransientError
from shared.messaging.outbox import Outgoing, add
from shared.messaging.outcomes import DeadLetter, Outcome, Refused, RetryLater
from shared.messaging.records import Incoming, Record, read
from shared.observability.metrics import CONSUMED, UNKNOWN_TYPES
from shared.postgres import attempts, inbox
from shared.postgres.pool import TRANSIENT_ERRORS, Connection, Pool

_log = structlog.get_logger()

Handler = Callable[[Connection, Sequence[Incoming]], Awaitable[Sequence[Outcome]]]
Prepare = Callable[[Sequence[Incoming]], Awaitable[Sequence[Incoming]]]

#: Header of a dead letter that staff sent back; its inbox row no longer stands in its way.
REPLAY_HEADER = "ds_replay"
ATTEMPTS_BEFORE_GIVING_UP = 3


@dataclass(frozen=True)
class RecordFailure:
    record: Record
    reason: str


@dataclass(frozen=True)
class Batch:
    """Records in the order of their partitions."""

    records: tuple[Record, ...]


@dataclass
class BatchResult:
    """What became of a batch: `done` messages, dead letters (`failures`), and where partitions stopped (`retries`)."""

    done: list[Incoming] = field(default_factory=list)
    failures: list[RecordFailure] = field(default_factory=list)
    retries: list[RecordFailure] = field(default_factory=list)

    def extend(self, other: "BatchResult") -> None:
        self.done += other.done
        self.failures += other.failures
        self.retries += other.retries


class _RetryAskedError(Exception):
    """Some messages of the batch must wait; what stands before them can go on."""

    def __init__(self, failures: list[RecordFailure]) -> None:
        super().__init__("retry later")
        self.failures = failures


class BatchRunner:
    """Takes batches for one consumer."""

    def __init__(self, consumer: str, group: str, handler: Handler, prepare: Prepare | None, pool: Pool) -> None:
        self._consumer = consumer
        self._group = group
        self._handler = handler
        self._prepare = prepare
        self._pool = pool

    async def run(self, batch: Batch, suspects: AbstractSet[tuple[str, int]] = frozenset()) -> BatchResult:
        """Handle a batch.

        Args:
            batch: records, those of a partition in offset order.
            suspects: partitions read for the first time since an assignment; their records are counted first.

        Raises:
            TransientError: a server is away; nothing of the batch is committed that is not whole.
        """
        head = [r for r in batch.records if (r.topic, r.partition) in suspects]
        killers = await self._count_attempts(head) if head else set()
        if killers:
            result = await self._one_by_one(batch.records, counted=True)
        else:
            result = await self._together(batch.records)
        if head:
            await self._forget_attempts(head)
        return result

    async def _together(self, records: Sequence[Record]) -> BatchResult:
        try:
            return await self._transaction(records)
        except _RetryAskedError as asked:
            stops = {(f.record.topic, f.record.partition): f.record.offset for f in asked.failures}
            rest = [r for r in records if r.offset < stops.get((r.topic, r.partition), r.offset + 1)]
            result = await self._together(rest) if rest else BatchResult()
            stopped = {(f.record.topic, f.record.partition) for f in result.retries}
            result.retries += [f for f in asked.failures if (f.record.topic, f.record.partition) not in stopped]
            return result
        except (TransientError, *TRANSIENT_ERRORS):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises must cost one record, never the batch
            if len(records) == 1:
                return await self._bury(records[0], _reason(error))
            _log.warning("batch_taken_apart", consumer=self._consumer, records=len(records), reason=_reason(error))
            return await self._one_by_one(records, counted=False)

    async def _one_by_one(self, records: Sequence[Record], *, counted: bool) -> BatchResult:
        result, stopped = BatchResult(), set[tuple[str, int]]()
        for record in records:
            if (record.topic, record.partition) in stopped:
                continue
            if counted and await self._count_one(record) > ATTEMPTS_BEFORE_GIVING_UP:
                one = await self._bury(record, "its handling ended the process three times")
            else:
                one = await self._together([record])
            stopped |= {(f.record.topic, f.record.partition) for f in one.retries}
            result.extend(one)
        return result

    async def _transaction(self, records: Sequence[Record]) -> BatchResult:
        """All of these in one transaction, or none."""
        messages, failures = self._read(records)
        if self._prepare is not None and messages:
            messages = list(await self._prepare(messages))
        result = BatchResult(failures=failures)
        async with self._pool.acquire() as connection, connection.transaction():
            outcomes = await self._claim_and_handle(connection, messages)
            retries = [
                RecordFailure(m.record, o.reason)
                for m, o in zip(messages, outcomes, strict=True)
                if isinstance(o, RetryLater)
            ]
            if retries:
                raise _RetryAskedError(_first_of_each_partition(retries))
            await self._keep_outcomes(connection, messages, outcomes, result)
            await add(connection, [self._dead_letter(f) for f in result.failures])
            crashpoint(f"consumer.{self._consumer}.before_commit")
        for message in result.done:
            CONSUMED.labels(self._consumer, message.record.topic, "done").inc()
        for failure in result.failures:
            CONSUMED.labels(self._consumer, failure.record.topic, "dead_letter").inc()
        return result

    def _read(self, records: Sequence[Record]) -> tuple[list[Incoming], list[RecordFailure]]:
        messages, failures = [], []
        for record in records:
            try:
                message = read(record)
            except ContractError as error:
                failures.append(RecordFailure(record, str(error)))
                continue
            if message is None:
                UNKNOWN_TYPES.labels(record.topic).inc()
            else:
                messages.append(message)
        return messages, failures

    async def _claim_and_handle(self, connection: Connection, messages: Sequence[Incoming]) -> list[Outcome | None]:
        """Outcomes in order; none for a repeat of a message that is done."""
        sent_back = [m.envelope.id for m in messages if any(n == REPLAY_HEADER for n, _ in m.record.headers)]
        await inbox.forget_dead(connection, self._consumer, sent_back)
        claimed = await inbox.claim(connection, self._consumer, [m.envelope.id for m in messages])
        fresh: dict[int, Incoming] = {}
        for index, message in enumerate(messages):
            if message.envelope.id in claimed:
                claimed.discard(message.envelope.id)
                fresh[index] = message
        outcomes: list[Outcome | None] = [None] * len(messages)
        if fresh:
            found = await self._handler(connection, list(fresh.values()))
            for index, outcome in zip(fresh, found, strict=True):
                outcomes[index] = outcome
        return outcomes

    async def _keep_outcomes(
        self,
        connection: Connection,
        messages: Sequence[Incoming],
        outcomes: Sequence[Outcome | None],
        result: BatchResult,
    ) -> None:
        kept = []
        for message, outcome in zip(messages, outcomes, strict=True):
            if isinstance(outcome, Refused):
                kept.append((message.envelope.id, "refused", outcome.code))
            if isinstance(outcome, DeadLetter):
                kept.append((message.envelope.id, "dead", outcome.reason[:500]))
                result.failures.append(RecordFailure(message.record, outcome.reason))
            else:
                result.done.append(message)
        await inbox.record(connection, self._consumer, kept)

    async def _bury(self, record: Record, reason: str) -> BatchResult:
        """Give one record up: its inbox row says dead, its bytes go to the dead letters."""
        failure = RecordFailure(record, reason)
        async with self._pool.acquire() as connection, connection.transaction():
            message = _read_or_none(record)
            if message is not None:
                await inbox.claim(connection, self._consumer, [message.envelope.id])
                await inbox.record(connection, self._consumer, [(message.envelope.id, "dead", reason[:500])])
            await add(connection, [self._dead_letter(failure)])
        CONSUMED.labels(self._consumer, record.topic, "dead_letter").inc()
        return BatchResult(failures=[failure])

    def _dead_letter(self, failure: RecordFailure) -> Outgoing:
        record = failure.record
        message = _read_or_none(record)
        envelope = Envelope(
            id=record.place_id() if message is None else message.envelope.id,
            type="deskstream.dead_letter.v1",
            source=f"/deskstream/{self._group}",
            time=datetime.now(UTC),
            subject=f"record:{record.place}",
            correlationid=record.place_id() if message is None else message.envelope.correlationid,
            actor=f"system:{self._group}",
        )
        # The original headers stand as they came; ours, which tell place and reason, have names of their own.
        extra = (
            *((f"ds_original.{name}", value) for name, value in record.headers if value is not None),
            ("ds_topic", record.topic.encode()),
            ("ds_partition", str(record.partition).encode()),
            ("ds_offset", str(record.offset).encode()),
            ("ds_consumer", self._consumer.encode()),
            ("ds_reason", failure.reason[:1000].encode()),
        )
        key = (record.key or b"").decode(errors="replace")
        return Outgoing(f"{record.topic}.{self._group}.dead", key, envelope, record.value or b"", extra)

    async def _count_attempts(self, records: Sequence[Record]) -> set[tuple[str, int, int]]:
        async with self._pool.acquire() as connection:
            return await attempts.count_heads(connection, self._consumer, _places(records))

    async def _count_one(self, record: Record) -> int:
        async with self._pool.acquire() as connection:
            return await attempts.count_one(connection, self._consumer, _places([record])[0])

    async def _forget_attempts(self, records: Sequence[Record]) -> None:
        async with self._pool.acquire() as connection:
            await attempts.forget(connection, self._consumer, _places(records))


def _places(records: Sequence[Record]) -> list[tuple[str, int, int]]:
    return [(record.topic, record.partition, record.offset) for record in records]


def _first_of_each_partition(failures: Sequence[RecordFailure]) -> list[RecordFailure]:
    first: dict[tuple[str, int], RecordFailure] = {}
    for failure in sorted(failures, key=lambda f: f.record.offset):
        first.setdefault((failure.record.topic, failure.record.partition), failure)
    return list(first.values())


def _read_or_none(record: Record) -> Incoming | None:
    try:
        return read(record)
    except ContractError:
        return None


def _reason(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.name}:{place.lineno})"[:500]
