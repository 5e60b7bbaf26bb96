"""Puts notifier together: pool, handler, sender, host."""

from datetime import timedelta

from services.notifier.clients import BlobFiles
from services.notifier.domain.desk import House
from services.notifier.handlers import TOPICS, make_handler, wanted
from services.notifier.jobs import sending_jobs
from services.notifier.settings import NotifierSettings
from shared.blobs import Blobs
from shared.clock import system_clock
from shared.messaging.consumer import ConsumerSpec
from shared.messaging.host import Host
from shared.postgres.pool import create_pool
from shared.secrets import Keys


async def build(settings: NotifierSettings) -> Host:
    """The service, not started yet."""
    pool = await create_pool(settings.database_url, max_size=settings.notifier_senders + 8)
    clock = system_clock(settings.clock_offset_seconds)
    house = House(Keys.from_hex(settings.master_secret()), settings.mail_domain, settings.public_url)
    handler = make_handler(house, clock, timedelta(hours=settings.notifier_effects_max_age_hours))
    name = settings.notifier_consumer
    return Host(
        service="notifier",
        settings=settings,
        pool=pool,
        specs=[ConsumerSpec(name=name, topics=TOPICS, handler=handler, wanted=wanted, group=name)],
        jobs=sending_jobs(settings, house, pool, BlobFiles(Blobs(settings.blob_url)), clock),
    )
