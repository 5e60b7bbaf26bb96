"""The state topics, read whole; and the log around an input, for a trace."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from services.portal_gateway.domain.tracing import Step
from shared.contracts.envelope import Envelope, EnvelopeError
from shared.contracts.state import Snapshot
from shared.contracts.topics import TOPICS
from shared.errors import ContractError
from shared.messaging.browse import Browser, Start
from shared.messaging.records import read
from shared.settings import KafkaSettings

STATE_TOPICS = tuple(name for name, topic in TOPICS.items() if "gateway" in topic.folders)
#: Clocks of producers differ; records of compacted topics are harmless to read twice.
OVERLAP = timedelta(seconds=60)
#: What the gateway's own index does not hold, and a trace looks up on the log itself.
UNINDEXED = (
    "intake-raw",
    "intake-submissions",
    "intake-messages",
    "intake-commands",
    "tickets-commands",
    "automation-commands",
    "notifier-commands",
)
AROUND = timedelta(seconds=5)
MOST_RECORDS = 200_000


class StateTopics:
    """Snapshots of every service."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def snapshots(self, since: datetime | None) -> AsyncIterator[Snapshot]:
        """Every snapshot that stands on the state topics now; those since a moment where one is given.

        A record that cannot be read is passed over: its newer version, or the parity check, tells of it.
        """
        start = Start(since=since - OVERLAP) if since is not None else Start()
        async with Browser(self._settings) as browser:
            async for record in browser.read(STATE_TOPICS, start):
                try:
                    message = read(record)
                except ContractError:
                    continue
                if message is not None and isinstance(message.body, Snapshot):
                    yield message.body


class LogAround:
    """Records of topics that the gateway does not index."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def steps(self, correlations: set[UUID], since: datetime, until: datetime) -> list[Step]:
        """Records of these correlations between two moments."""
        found: list[Step] = []
        async with Browser(self._settings) as browser:
            seen = 0
            async for record in browser.read(UNINDEXED, Start(since=since - AROUND)):
                seen += 1
                if seen > MOST_RECORDS:
                    break
                try:
                    envelope = Envelope.from_headers(record.headers)
                except EnvelopeError:
                    continue
                if envelope.correlationid in correlations and envelope.time <= until + AROUND:
                    found.append(Step.of_record(record.topic, record.partition, record.offset, envelope))
        return found
