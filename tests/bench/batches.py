"""How many records the programs of the stage took at once, as their own logs tell it.

Both are given the same limit, the services' own (`MAX_RECORDS`). How full batches are is each program's own: it takes
what has come while it was busy with the batch before.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.messaging.kafka import MAX_RECORDS

#: What the bare loop says of a batch; a service says a line for each message of it.
BARE = "batch"
#: In the place of a received mail, as a service's line names it.
MAILS = "intake-messages["


@dataclass(frozen=True)
class Batches:
    """Batches of one round.

    Attributes:
        count: of batches.
        records: in all of them.
        largest: the most records of one.
    """

    count: int
    records: int
    largest: int

    @property
    def mean(self) -> float:
        """Records of a batch."""
        return self.records / self.count


def batches_in(lines: Iterable[str]) -> Batches:
    """What a log tells of: a service's, which says a line a message, or the bare loop's, a line a batch.

    Only received mails count. A batch that has other messages, too, is as large as it was.
    """
    count, records, largest = 0.0, 0, 0
    for line in lines:
        said = json.loads(line) if line.startswith("{") else {}
        if said.get("event") == BARE:
            count, records = count + 1, records + said["batch"]
        elif said.get("event") == "message" and MAILS in said["place"]:
            count, records = count + 1 / said["batch"], records + 1  # each message of a batch tells its size
        else:
            continue
        largest = max(largest, said["batch"])
    return Batches(round(count), records, largest)


def batches_after(log: Path, offset: int) -> Batches:
    """Of the lines from this byte of a log on, but for one that is still being written."""
    with log.open("rb") as file:
        file.seek(offset)
        whole = file.read().rpartition(b"\n")[0]
    return batches_in(whole.decode().splitlines())


def told(rounds: Iterable[Batches]) -> dict[str, Any]:
    """As figures, over several rounds.

    Raises:
        ValueError: the logs told of no batch at all.
    """
    all_of_them = list(rounds)
    together = Batches(
        sum(each.count for each in all_of_them),
        sum(each.records for each in all_of_them),
        max((each.largest for each in all_of_them), default=0),
    )
    if not together.count:
        raise ValueError("no log tells of a batch")
    return {
        "limit_of_a_batch": MAX_RECORDS,
        "mean_batch": round(together.mean, 1),
        "largest_batch": together.largest,
        "batches": together.count,
    }
