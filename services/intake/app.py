"""Puts intake together: doors, producer, parser children, blobs, consumer."""

import asyncio

from services.intake.clients import BlobDisk
from services.intake.handlers import TOPICS, IntakeHandler, wanted
from services.intake.jobs import KnownDomains, Listener
from services.intake.parser_child import ParserPool
from services.intake.routes.smtp import Door, DoorRules
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
    parsers = ParserPool(settings.intake_parsers, settings.intake_authserv_id, settings.mail_domain)
    producer = DirectProducer(settings)
    domains = KnownDomains(pool, settings.mail_domain)
    disk = BlobDisk(settings.blob_url, settings.intake_disk_reserve_bytes)
    rules = DoorRules(domains, disk.has_space, settings.intake_sender_per_minute)
    listener = Listener(settings, Door(log=producer, blobs=blobs, clock=clock, rules=rules))
    handler = IntakeHandler(
        pool=pool,
        parsers=parsers,
        blobs=blobs,
        keys=Keys.from_hex(settings.master_secret()),
        checked=bool(settings.intake_authserv_id),
        clock=clock,
    )

    async def listen(stop: asyncio.Event) -> None:
        try:
            await listener.run(stop)
        finally:
            # Only after the last mail on its way has its answer.
            await producer.close()

    async def keep_parsers(stop: asyncio.Event) -> None:
        await parsers.warm()
        await stop.wait()
        await parsers.close()

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
        jobs=[Job("domains", domains.run), Job("doors", listen), Job("parsers", keep_parsers)],
        needs=("broker",),
        # The doors find out half a second after our own question whether the broker is back.
        unready=lambda: {"door": "puts mail off: the broker was away"} if producer.is_away else {},
    )
