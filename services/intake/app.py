"""Puts intake together: door, producer, parser children, blobs, consumer."""

import asyncio

from services.intake.clients import DoorHandler
from services.intake.handlers import TOPICS, IntakeHandler, wanted
from services.intake.jobs import Domains, listen
from services.intake.parser_child import ParserPool
from services.intake.settings import IntakeSettings
from shared.blobs import Blobs
from shared.clock import system_clock
from shared.messaging.consumer import ConsumerSpec
from shared.messaging.direct import DirectProducer
from shared.messaging.host import Host, Job
from shared.postgres.pool import create_pool
from shared.secrets import Keys


async def build(settings: IntakeSettings) -> Host:
    """The service, not started yet."""
    pool = await create_pool(settings.database_url)
    clock = system_clock(settings.clock_offset_seconds)
    blobs = Blobs(settings.blob_url)
    parsers = ParserPool(settings.intake_parsers, settings.intake_authserv_id)
    producer = DirectProducer(settings)
    domains = Domains(pool, settings.mail_domain)
    handler = IntakeHandler(
        pool=pool,
        parsers=parsers,
        blobs=blobs,
        keys=Keys.from_hex(settings.master_secret()),
        checked=bool(settings.intake_authserv_id),
        clock=clock,
    )

    async def close_after(stop: asyncio.Event) -> None:
        await stop.wait()
        await producer.close()
        await parsers.close()

    door = DoorHandler(settings, producer, blobs, clock, domains)
    return Host(
        service="intake",
        settings=settings,
        pool=pool,
        specs=[
            ConsumerSpec(
                name="intake",
                topics=TOPICS,
                handler=handler.handle,
                prepare=handler.prepare,
                wanted=wanted,
                group="intake",
                max_records=100,
            )
        ],
        jobs=[Job("domains", domains.run), Job("door", listen(settings, door)), Job("close", close_after)],
        needs=("broker",),
    )
