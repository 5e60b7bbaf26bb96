"""Records that were in hand when a process ended: counted before they are tried again, apart from their neighbours.

Invariant: a record whose handling ends the process is known to the next one that reads it, whichever batch it is in; a
record that was handled without that is forgotten, and so is whatever stands before it in its partition.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from shared.messaging.records import Record
from shared.postgres import attempts
from shared.postgres.pool import Pool

Partition = tuple[str, int]

#: A record that was in hand twice when a process ended, in a batch and in a group, is tried alone from then on.
TRIED_AMONG_OTHERS = 2
#: Who was alone in hand three times when the process ended did it. A process is killed for other reasons too, and by
#: chance, among others or once alone, any record may be in hand then.
TRIED_IN_VAIN = TRIED_AMONG_OTHERS + 3
#: So many that were in hand once are tried together: few enough to spare their neighbours, enough to get through soon.
GROUP = 32


class Suspects:
    """The suspects of one consumer.

    Args:
        consumer: whose counts they are.
        pool: of the service's database.
    """

    def __init__(self, consumer: str, pool: Pool) -> None:
        self._consumer = consumer
        self._pool = pool
        self._tries: dict[attempts.Place, int] = {}
        self._newest: dict[Partition, int] = {}

    async def note(self, records: Sequence[Record]) -> None:
        """The first records read of partitions since an assignment are noted; what was noted there before is known."""
        if not records:
            return
        partitions = {partition_of(record) for record in records}
        async with self._pool.acquire() as connection:
            known = await attempts.known(connection, self._consumer, sorted(partitions))
            await attempts.note(connection, self._consumer, [place_of(record) for record in records])
        kept = {place: tries for place, tries in self._tries.items() if place[:2] not in partitions}
        self._tries = kept | known
        for topic, partition, offset in [*known, *map(place_of, records)]:
            self._expect((topic, partition), offset)

    def among(self, records: Sequence[Record]) -> bool:
        """Whether any of these was in hand when a process ended."""
        return bool(self._tries) and any(place_of(record) in self._tries for record in records)

    def groups(self, records: Sequence[Record]) -> list[list[Record]]:
        """These in the order in which they are tried, that of each partition kept: suspects in small groups or alone.

        What stands behind the last suspect of its partition is as good as any record, and goes last and together.
        """
        last = {}
        for record in records:
            if place_of(record) in self._tries:
                last[partition_of(record)] = record.offset
        found: list[list[Record]] = []
        rest: list[Record] = []
        alone = True
        for record in records:
            if record.offset > last.get(partition_of(record), -1):
                rest.append(record)
                continue
            must_be_alone = self._tries.get(place_of(record), 0) >= TRIED_AMONG_OTHERS
            if alone or must_be_alone or len(found[-1]) >= GROUP:
                found.append([])
            found[-1].append(record)
            alone = must_be_alone
        return [*found, rest] if rest else found

    async def count(self, records: Sequence[Record]) -> int:
        """One more try of the suspects among these is counted; returns the most tries of one of them, 0 without any."""
        places = [place for place in map(place_of, records) if place in self._tries]
        if not places:
            return 0
        async with self._pool.acquire() as connection:
            most = await attempts.count(connection, self._consumer, places)
        for place in places:
            # Should a server be away now, they come again in this process: that is no further end of one.
            del self._tries[place]
            self._expect(place[:2], place[2])
        return most

    async def forget(self, records: Sequence[Record]) -> None:
        """The process lived through these: no count is left of them, nor of what stands before them."""
        passed: dict[Partition, int] = {}
        for record in records:
            partition = partition_of(record)
            if partition in self._newest:
                passed[partition] = max(passed.get(partition, -1), record.offset)
        if not passed:
            return
        async with self._pool.acquire() as connection:
            await attempts.forget(connection, self._consumer, [(*where, offset) for where, offset in passed.items()])
        self._tries = {p: tries for p, tries in self._tries.items() if p[2] > passed.get(p[:2], -1)}
        for partition, offset in passed.items():
            if offset >= self._newest[partition]:
                del self._newest[partition]

    def _expect(self, partition: Partition, offset: int) -> None:
        """There is a count of a record of this partition; what is forgotten before it is not all."""
        self._newest[partition] = max(self._newest.get(partition, -1), offset)


def suspected(records: Sequence[Record], partitions: AbstractSet[Partition]) -> list[Record]:
    """Those of the records that are in these partitions."""
    return [record for record in records if partition_of(record) in partitions]


def partition_of(record: Record) -> Partition:
    return record.topic, record.partition


def place_of(record: Record) -> attempts.Place:
    return record.topic, record.partition, record.offset
