"""Puts notifier together: pool, handler, sender, host."""

from services.notifier.handlers import TOPICS, NotifierHandler, wanted
from services.notifier.jobs import Sender
from services.notifier.settings import NotifierSettings
from shared.blobs import Blobs
from shared.clock import system_clock
from shared.messaging.consumer import ConsumerSpec
from shared.messaging.host import Host, Job
from shared.postgres.pool import create_pool
from shared.secrets import Keys


async def build(settings: NotifierSettings) -> Host:
    """The service, not started yet."""
    pool = await create_pool(settings.database_url, max_size=settings.notifier_senders + 8)
    clock = system_clock(settings.clock_offset_seconds)
    keys = Keys.from_hex(settings.master_secret())
    handler = NotifierHandler(settings, keys, clock)
    sender = Sender(
        settings=settings, pool=pool, handler=handler, blobs=Blobs(settings.blob_url), keys=keys, clock=clock
    )
    name = settings.notifier_consumer
    return Host(
        service="notifier",
        settings=settings,
        pool=pool,
        specs=[ConsumerSpec(name=name, topics=TOPICS, handler=handler.handle, wanted=wanted, group=name)],
        jobs=[Job("sender", sender.run)],
    )
