"""Puts the gateway together: pools, projector, signals, live streams, the web application, its server."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from services.portal_gateway.domain.passwords import Passwords
from services.portal_gateway.handlers.events import TOPICS, Projector, can_wait
from services.portal_gateway.handlers.signals import Signals
from services.portal_gateway.jobs import forget_job, http_job
from services.portal_gateway.repository.accounts import AccountRows, PaceRows
from services.portal_gateway.repository.asking import AnswerRows, FeedRows
from services.portal_gateway.repository.items import Items
from services.portal_gateway.repository.lists import Lists
from services.portal_gateway.repository.setup import Setup
from services.portal_gateway.routes import api, errors, portal, workspace
from services.portal_gateway.routes.api.description import describe
from services.portal_gateway.routes.context import Context
from services.portal_gateway.routes.requests import RequestMiddleware
from services.portal_gateway.settings import GatewaySettings
from services.portal_gateway.use_cases.ask import Desk
from services.portal_gateway.use_cases.live import Live
from services.portal_gateway.use_cases.sign_in import SignIn
from shared.blobs import Blobs
from shared.clock import system_clock
from shared.messaging.consumer import ConsumerSpec
from shared.messaging.direct import DirectProducer
from shared.messaging.host import Host, Job
from shared.observability.health import health_routes
from shared.postgres.pool import create_pool, is_away
from shared.secrets import Keys

STATIC = Path(__file__).parent / "static"
#: A filter that is absent is a constant of its statement's plan, so each list finds its own index.
PAGE_SETTINGS = {"plan_cache_mode": "force_custom_plan", "application_name": "deskstream-pages"}


async def build(settings: GatewaySettings) -> Host:
    """The service, not started yet."""
    pool = await create_pool(settings.database_url)
    pages = await create_pool(
        settings.database_url,
        max_size=16,
        timeout_seconds=settings.gateway_query_seconds,
        whole_seconds=settings.gateway_query_seconds,
        settings=PAGE_SETTINGS,
    )
    clock = system_clock(settings.clock_offset_seconds)
    live, feed, producer = Live(), FeedRows(pages), DirectProducer(settings)
    signals = Signals(settings, live)
    projector = Projector(signals.tell, live.answer)
    accounts, pace = AccountRows(pages), PaceRows(pages, settings.gateway_query_seconds)
    context = Context(
        settings=settings,
        pool=pages,
        items=Items(pages),
        setup=Setup(pages),
        lists=Lists(pages),
        feed=feed,
        asking=Desk(producer, AnswerRows(pages), live, settings.gateway_answer_seconds),
        live=live,
        blobs=Blobs(settings.blob_url),
        keys=Keys.from_hex(settings.master_secret()),
        clock=clock,
        accounts=accounts,
        pace=pace,
        sign_in=SignIn(accounts, pace, Passwords()),
    )

    host = Host(
        service="gateway",
        settings=settings,
        pool=pool,
        specs=[
            ConsumerSpec(
                name="gateway",
                topics=TOPICS,
                handler=projector.handle,
                after=projector.after,
                can_wait=can_wait,
                group="gateway",
            )
        ],
        needs=("database",),
        # Pages find out half a second after our own question whether the database is back.
        unready=lambda: {"pages": "answer 503: the database was away"} if is_away(pages) else {},
    )
    web = make_application(context, host)
    host.jobs = (
        Job("signals", signals.run),
        Job("live", lambda stop: live.run(feed, stop)),
        Job("forget", forget_job(pool, clock)),
        Job("http", http_job(web, settings, (producer.close, pages.close))),
    )
    return host


def make_application(context: Context, host: Host) -> FastAPI:
    """The web application over a context."""
    web = FastAPI(title="Deskstream", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    web.state.context = context
    web.include_router(api.router)
    web.include_router(workspace.router)
    web.include_router(portal.router)
    web.router.routes.extend(health_routes(host.healthy, host.ready))
    if STATIC.is_dir():
        web.mount("/static", StaticFiles(directory=STATIC), name="static")
    describe(web)
    pages = {**workspace.ERROR_PAGES, **portal.ERROR_PAGES}
    errors.install(web, context.settings.gateway_max_upload_bytes, pages, own_limits=portal.OWN_LIMITS)
    web.add_middleware(RequestMiddleware)
    return web
