"""Where the wait of a command goes, stage by stage: from what the client saw, the log's records and the services' logs.

Nothing is added to the desk for it. A record's own moment is when its writer put it into a batch to send; a line of a
service's log tells when a batch of its consumer was over, and how long it took.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from shared.contracts.answers import TicketsAnswered
from shared.contracts.envelope import Envelope
from shared.messaging.browse import Browser, Start
from shared.settings import KafkaSettings
from tests.bench.waits import in_milliseconds

Json = dict[str, Any]
COMMANDS, EVENTS = "tickets-commands", "tickets-events"
ANSWERED = TicketsAnswered.ce_type
STAGES = (
    "request to command",
    "command to tickets' batch",
    "batch to published answer",
    "published answer to gateway's batch",
    "gateway's batch",
    "batch to response",
)


@dataclass(frozen=True)
class Spoken:
    """A command as its client saw it: the item's id, and when it was sent and answered, by the clock on the wall."""

    item_id: str
    began: float
    ended: float


@dataclass(frozen=True)
class Done:
    """A message in a consumer's log: which, and between which moments its batch was handled."""

    correlation: str
    type: str
    began: float
    ended: float


def batches(lines: Iterable[str], consumer: str) -> list[Done]:
    """Messages that a consumer's log tells of."""
    found = []
    for line in lines:
        said = json.loads(line) if line.startswith("{") else {}
        if said.get("event") == "message" and said.get("consumer") == consumer and "correlation" in said:
            ended = datetime.fromisoformat(said["timestamp"]).timestamp()
            began = ended - said["milliseconds"] / 1000
            found.append(Done(said["correlation"], said["type"], began, ended))
    return found


def between(moments: Sequence[float]) -> dict[str, float]:
    """Seconds from each moment to the next, by stage; clocks of one machine, records' own to the millisecond."""
    return {name: max(0.0, b - a) for name, (a, b) in zip(STAGES, pairwise(moments), strict=True)}


async def stages(settings: KafkaSettings, logs: Path, spoken: Sequence[Spoken]) -> dict[str, Json]:
    """Percentiles of each stage over all commands whose way is known whole."""
    if not spoken:
        return {}
    since = datetime.fromtimestamp(min(each.began for each in spoken), UTC) - timedelta(seconds=1)
    asked: dict[str, list[tuple[float, str, float]]] = {}
    published: dict[str, float] = {}
    async with Browser(settings) as browser:
        async for record in browser.read((COMMANDS, EVENTS), Start(since=since)):
            envelope = Envelope.from_headers(record.headers)
            if record.topic == COMMANDS:
                place = (envelope.time.timestamp(), str(envelope.id), record.timestamp_ms / 1000)
                asked.setdefault(envelope.subject, []).append(place)
            elif record.ce_type == ANSWERED:
                published[str(envelope.correlationid)] = record.timestamp_ms / 1000
    tickets = {each.correlation: each for each in _of_log(logs / "tickets-1.log", "tickets")}
    gateway = {each.correlation: each for each in _of_log(logs / "gateway-1.log", "gateway") if each.type == ANSWERED}
    found: dict[str, list[float]] = {name: [] for name in STAGES}
    for each in spoken:
        for at, command, sent in asked.get(f"item:{each.item_id}", ()):
            if each.began <= at <= each.ended and {command} <= tickets.keys() & gateway.keys() & published.keys():
                shown = gateway[command]
                moments = (each.began, sent, tickets[command].began, published[command], shown.began, shown.ended)
                for name, seconds in between((*moments, each.ended)).items():
                    found[name].append(seconds)
    return {name: in_milliseconds(waits) for name, waits in found.items() if waits}


def _of_log(path: Path, consumer: str) -> list[Done]:
    with path.open() as lines:
        return batches(lines, consumer)
