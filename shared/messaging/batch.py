"""One batch through one transaction, or record by record when that fails.

Invariant: for each record of the batch exactly one of these is true afterwards: its effect is committed once; it is a
dead letter in the outbox; it and everything behind it in its partition wait for another try.
"""

import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import structlog

from shared.contracts.envelope import Envelope
from shared.crashpoint import crashpoint
from shared.errors import ContractError
from shared.messaging.dead_letters import headers_of
from shared.messaging.outbox import Outgoing, add
from shared.messaging.outcomes import DeadLetter, Outcome, Refused, RetryLater
from shared.messaging.records import Incoming, Record, read, replayed_for
from shared.messaging.suspects import TRIED_IN_VAIN, Partition, Suspects, suspected
from shared.postgres import inbox
from shared.postgres.pool import Connection, Pool, is_transient

_log = structlog.get_logger()

Handler = Callable[[Connection, Sequence[Incoming]], Awaitable[Sequence[Outcome]]]
Prepare = Callable[[Sequence[Incoming]], Awaitable[Sequence[Incoming]]]
End = Literal["done", "refused", "repeat", "passed", "unknown", "dead_letter", "retry", "left"]

#: A bad deploy must not drain a topic into its dead letters.
DEAD_LETTERS_IN_A_ROW = 100


@dataclass(frozen=True, slots=True)
class Ended:
    """How one record of a batch ended.

    Attributes:
        end: ``done`` or ``refused``: its effect is committed; ``repeat``: it was before; ``passed``: sent back for
            another reader; ``unknown``: of a newer version; ``dead_letter``: given up; ``retry``: it waits, and all
            behind it; ``left``: not looked at.
        message: the record decoded; none where nobody could or needed to.
        reason: of a refusal, a dead letter or a retry; holds nothing of the record's body.
        detail: what an error said; it may quote the body, so it goes to the dead letter and nowhere else.
    """

    record: Record
    end: End
    message: Incoming | None = None
    reason: str = ""
    detail: str = ""

    @property
    def partition(self) -> Partition:
        return (self.record.topic, self.record.partition)


@dataclass
class BatchResult:
    """What became of every record of a batch."""

    ended: list[Ended] = field(default_factory=list)

    @property
    def done(self) -> list[Incoming]:
        """Messages whose effect is committed now, those among them that were repeated."""
        return [e.message for e in self.ended if e.message and e.end in {"done", "refused", "repeat"}]

    @property
    def stops(self) -> dict[Partition, Ended]:
        """The first record of each partition that is not over yet."""
        found: dict[Partition, Ended] = {}
        for each in self.ended:
            if each.end in {"retry", "left"}:
                known = found.get(each.partition)
                if known is None or each.record.offset < known.record.offset:
                    found[each.partition] = each
        return found


class _RetryAskedError(Exception):
    """Some messages of the batch must wait; what stands before them can go on."""

    def __init__(self, stops: dict[Partition, Ended]) -> None:
        super().__init__("retry later")
        self.stops = stops


class _ManyDeadError(Exception):
    """So many records cannot be read that each is to be looked at before the next."""


class BatchRunner:
    """Takes batches for one consumer.

    Args:
        consumer: name of its inbox rows.
        service: whose dead letters they are.
        handler: decides and records new messages inside the transaction.
        prepare: work before the transaction, or none.
        pool: of the service's database.
    """

    def __init__(self, consumer: str, service: str, handler: Handler, prepare: Prepare | None, pool: Pool) -> None:
        self._consumer = consumer
        self._service = service
        self._handler = handler
        self._prepare = prepare
        self._pool = pool
        self._suspects = Suspects(consumer, pool)
        self.dead_in_a_row: Counter[str] = Counter()

    @property
    def is_stopped(self) -> bool:
        """Whether one topic has given so many dead letters in a row that the fault must be ours."""
        return any(count >= DEAD_LETTERS_IN_A_ROW for count in self.dead_in_a_row.values())

    async def run(self, records: Sequence[Record], suspects: AbstractSet[Partition] = frozenset()) -> BatchResult:
        """Handle a batch.

        Args:
            records: those of a partition in offset order.
            suspects: partitions read for the first time since an assignment; their records are noted first.

        Raises:
            TransientError: a server is away; nothing of the batch is committed that is not whole. Drivers' own
                errors for which `is_transient` holds mean the same.
        """
        if not records:
            return BatchResult()
        await self._suspects.note(suspected(records, suspects))
        if self._suspects.among(records):
            result = await self._group_by_group(self._suspects.groups(records))
        else:
            result = await self._together(records)
        await self._suspects.forget(records)
        return result

    async def _together(self, records: Sequence[Record], *, last_try: bool = False) -> BatchResult:
        try:
            result = await self._transaction(records)
        except _RetryAskedError as asked:
            stops = {place: stop.record.offset for place, stop in asked.stops.items()}
            rest = [r for r in records if r.offset < stops.get((r.topic, r.partition), r.offset + 1)]
            result = await self._together(rest, last_try=last_try) if rest else BatchResult()
            result.ended += [stop for place, stop in asked.stops.items() if place not in result.stops]
            return result
        except _ManyDeadError:
            return await self._one_by_one(records)
        except Exception as error:
            if is_transient(error):
                raise
            if last_try:
                return await self._bury(records[0], *_reason(error))
            _log.warning("batch_taken_apart", consumer=self._consumer, records=len(records), reason=_reason(error)[0])
            return await self._one_by_one(records)
        self._count_dead(result)
        return result

    async def _one_by_one(self, records: Sequence[Record]) -> BatchResult:
        return await self._group_by_group([[record] for record in records])

    async def _group_by_group(self, groups: Iterable[list[Record]]) -> BatchResult:
        """One group after another; what is behind a record that must wait is not looked at."""
        result, stopped = BatchResult(), set[Partition]()
        for group in groups:
            going_on = [record for record in group if (record.topic, record.partition) not in stopped]
            if not going_on:
                continue
            if self.is_stopped:
                one = BatchResult([Ended(record, "left") for record in going_on])
            else:
                one = await self._group(going_on)
            stopped |= one.stops.keys()
            result.ended += one.ended
        return result

    async def _group(self, records: Sequence[Record]) -> BatchResult:
        tries = await self._suspects.count(records)
        if tries > TRIED_IN_VAIN:
            result = await self._bury(records[0], "alone in hand, it ended the process three times")
        else:
            result = await self._together(records, last_try=len(records) == 1)
        if tries:
            # At once: a neighbour that kills the process must not count against those that are over.
            await self._suspects.forget(records)
        return result

    async def _transaction(self, records: Sequence[Record]) -> BatchResult:
        """All of these in one transaction, or none."""
        messages, ended = self._read(records)
        if self._prepare is not None and messages:
            messages = list(await self._prepare(messages))
        if not messages and not any(e.end == "dead_letter" for e in ended):
            return BatchResult(ended)
        async with self._pool.acquire() as connection, connection.transaction():
            ended += await self._claim_and_handle(connection, messages)
            asked = BatchResult([e for e in ended if e.end == "retry"])
            if asked.ended:
                raise _RetryAskedError(asked.stops)
            await self._keep_outcomes(connection, ended)
            crashpoint(f"consumer.{self._consumer}.before_commit")
        return BatchResult(sorted(ended, key=lambda e: (e.partition, e.record.offset)))

    def _read(self, records: Sequence[Record]) -> tuple[list[Incoming], list[Ended]]:
        messages: list[Incoming] = []
        ended: list[Ended] = []
        dead = Counter[str]()
        for record in records:
            if replayed_for(record) not in {None, self._service}:
                ended.append(Ended(record, "passed", reason="sent back for another reader"))
                continue
            try:
                message = read(record)
            except ContractError as error:
                ended.append(Ended(record, "dead_letter", reason=str(error)))
                dead[record.topic] += 1
                if len(records) > 1 and self.dead_in_a_row[record.topic] + dead[record.topic] >= DEAD_LETTERS_IN_A_ROW:
                    raise _ManyDeadError from error
                continue
            if message is None:
                ended.append(Ended(record, "unknown", reason="a type of a newer version"))
            else:
                messages.append(message)
        return messages, ended

    async def _claim_and_handle(self, connection: Connection, messages: Sequence[Incoming]) -> list[Ended]:
        """How each message ended; a repeat of one that is done is not handled again."""
        claimed = await self._claim(connection, messages)
        fresh: list[Incoming] = []
        ended: list[Ended] = []
        for message in messages:
            if message.envelope.id in claimed:
                claimed.discard(message.envelope.id)
                fresh.append(message)
            else:
                ended.append(Ended(message.record, "repeat", message))
        if fresh:
            outcomes = await self._handler(connection, fresh)
            ended += [_ended(message, outcome) for message, outcome in zip(fresh, outcomes, strict=True)]
        return ended

    async def _claim(self, connection: Connection, messages: Sequence[Incoming]) -> set[object]:
        ids = [message.envelope.id for message in messages]
        sent_back = [m.envelope.id for m in messages if replayed_for(m.record) is not None]
        await inbox.forget_dead(connection, self._consumer, sent_back)
        return set(await inbox.claim(connection, self._consumer, ids)) if ids else set()

    async def _keep_outcomes(self, connection: Connection, ended: Sequence[Ended]) -> None:
        kept = [
            (e.message.envelope.id, "dead" if e.end == "dead_letter" else e.end, e.reason[:500])
            for e in ended
            if e.message is not None and e.end in {"refused", "dead_letter"}
        ]
        await inbox.record(connection, self._consumer, kept)
        await add(connection, [self._dead_letter(e) for e in ended if e.end == "dead_letter"])

    async def _bury(self, record: Record, reason: str, detail: str = "") -> BatchResult:
        """Give one record up: its inbox row says dead, its bytes go to the dead letters. What was done stays done."""
        message = _read_or_none(record)
        ended = Ended(record, "dead_letter", message, reason, detail)
        async with self._pool.acquire() as connection, connection.transaction():
            if message is not None and not await self._claim(connection, [message]):
                ended = Ended(record, "repeat", message)
            else:
                await self._keep_outcomes(connection, [ended])
        result = BatchResult([ended])
        self._count_dead(result)
        return result

    def _dead_letter(self, ended: Ended) -> Outgoing:
        record, message = ended.record, ended.message or _read_or_none(ended.record)
        envelope = Envelope(
            id=record.place_id() if message is None else message.envelope.id,
            type="deskstream.dead_letter.v1",
            source=f"/deskstream/{self._service}",
            time=datetime.now(UTC),
            subject=f"record:{record.place}",
            correlationid=record.place_id() if message is None else message.envelope.correlationid,
            actor=f"system:{self._service}",
        )
        reason = f"{ended.reason}: {ended.detail}" if ended.detail else ended.reason
        extra = headers_of(record, self._consumer, reason)
        key = (record.key or b"").decode(errors="replace")
        return Outgoing(f"{record.topic}.{self._service}.dead", key, envelope, record.value or b"", extra)

    def _count_dead(self, result: BatchResult) -> None:
        """Dead letters of a topic in a row; a repeat or an unknown type says nothing about us."""
        for each in result.ended:
            if each.end == "dead_letter":
                self.dead_in_a_row[each.record.topic] += 1
            elif each.end in {"done", "refused"}:
                self.dead_in_a_row[each.record.topic] = 0


def _ended(message: Incoming, outcome: Outcome) -> Ended:
    match outcome:
        case RetryLater(reason):
            return Ended(message.record, "retry", message, reason)
        case DeadLetter(reason):
            return Ended(message.record, "dead_letter", message, reason)
        case Refused(code):
            return Ended(message.record, "refused", message, code)
        case _:
            return Ended(message.record, "done", message)


def _read_or_none(record: Record) -> Incoming | None:
    try:
        return read(record)
    except ContractError:
        return None


def _reason(error: Exception) -> tuple[str, str]:
    """What kind of error at which place, and apart what it said, which may quote the message."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}:{place.lineno}", str(error)[:500]
