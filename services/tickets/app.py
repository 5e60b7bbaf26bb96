"""Puts tickets together: pool, handler, jobs, host."""

from services.tickets.handlers import TOPICS, make_handler
from services.tickets.jobs import copies_job, menders_of, seeding_job
from services.tickets.settings import TicketsSettings
from shared.clock import system_clock
from shared.messaging.consumer import ConsumerSpec
from shared.messaging.host import Host, Job
from shared.postgres.pool import create_pool


async def build(settings: TicketsSettings) -> Host:
    """The service, not started yet."""
    pool = await create_pool(settings.database_url)
    clock = system_clock(settings.clock_offset_seconds)
    host = Host(
        service="tickets",
        settings=settings,
        pool=pool,
        specs=[ConsumerSpec(name="tickets", topics=TOPICS, handler=make_handler(clock), group="tickets")],
    )
    host.jobs = (
        Job("seed", seeding_job(pool, settings, clock)),
        Job("copies", copies_job(pool, clock)),
        *(Job(f"mend.{each.topic}", each.run) for each in menders_of(settings, pool, clock, host.leads)),
    )
    return host
