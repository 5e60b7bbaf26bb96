"""Puts automation together: pool, handler, jobs, host."""

from datetime import timedelta

from services.automation.handlers import TOPICS, make_handler, wanted
from services.automation.jobs import forgetting_job, seeding_job
from services.automation.settings import AutomationSettings
from shared.clock import system_clock
from shared.messaging.consumer import ConsumerSpec
from shared.messaging.host import Host, Job
from shared.postgres.pool import create_pool


async def build(settings: AutomationSettings) -> Host:
    """The service, not started yet."""
    pool = await create_pool(settings.database_url)
    clock = system_clock(settings.clock_offset_seconds)
    handler = make_handler(clock, timedelta(hours=settings.automation_effects_max_age_hours))
    name = settings.automation_consumer
    return Host(
        service="automation",
        settings=settings,
        pool=pool,
        specs=[ConsumerSpec(name=name, topics=TOPICS, handler=handler, wanted=wanted, group=name)],
        jobs=[Job("seed", seeding_job(pool, clock)), Job("forget", forgetting_job(pool, clock))],
    )
