"""Signals between replicas: what became visible, told to all and heard by all; a lost one costs a moment.

FastStream's own consumer serves here: no group, from the end, nothing committed.
"""

import asyncio

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from pydantic import ValidationError

from services.portal_gateway.use_cases.live import Live
from services.portal_gateway.use_cases.project import Projected
from shared.contracts.gateway import Projected as Signal
from shared.messaging.kafka import make_broker, reach_kafka
from shared.settings import KafkaSettings

_log = structlog.get_logger()
START_AGAIN_SECONDS = 1.0
PUBLISH_SECONDS = 2.0
#: A record stays far under its limit; what is left out is found by the fallback look.
MOST_NAMES = 2000


class Signals:
    """Tells and hears what became visible."""

    def __init__(self, settings: KafkaSettings, live: Live) -> None:
        self._settings = settings
        self._live = live
        self._topic = settings.kafka_topic_prefix + Signal.topic
        self._broker: KafkaBroker | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Hear until stopped; a broker that is away is tried again."""
        while not stop.is_set():
            broker = make_broker(self._settings)
            broker.subscriber(self._topic, auto_offset_reset="latest", include_in_schema=False, decoder=_raw)(
                self._hear
            )
            try:
                await reach_kafka(self._settings)
                await broker.start()
            except (KafkaError, OSError) as error:
                _log.info("signals_wait", reason=type(error).__name__)
                await broker.stop()
                await _pause(stop, START_AGAIN_SECONDS)
                continue
            self._broker = broker
            await stop.wait()
            self._broker = None
            await broker.stop()

    async def tell(self, projected: Projected) -> None:
        """Every replica is told, this one at once."""
        self._live.heard(projected.feed, projected.answered)
        if self._broker is None or not (projected.feed or projected.answered):
            return
        signal = Signal(
            feed=projected.feed, answered=projected.answered[:MOST_NAMES], items=projected.items[:MOST_NAMES]
        )
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._broker.publish(signal.model_dump_json().encode(), self._topic, no_confirm=True)
        except (KafkaError, TimeoutError, OSError) as error:
            _log.info("signal_not_told", reason=type(error).__name__)

    async def _hear(self, raw: bytes) -> None:
        try:
            signal = Signal.model_validate_json(raw)
        except ValidationError as error:
            _log.warning("signal_unreadable", faults=error.error_count())
            return
        self._live.heard(signal.feed, signal.answered)


async def _raw(message: object) -> bytes:
    return bytes(message.body)  # type: ignore[attr-defined] # FastStream's message


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
