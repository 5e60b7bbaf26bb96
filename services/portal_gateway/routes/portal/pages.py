"""What every page of the portal is made with: the site as administrators set it up, the reader's language, the frame.

Invariant: no page of the portal is kept by a cache, listed by a search engine, or named to another site.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import HTMLResponse

from services.portal_gateway.domain.sayings import Say, language_of, say_in
from services.portal_gateway.domain.sayings.days import DAYS
from services.portal_gateway.domain.view_models.portal import portal_frame
from services.portal_gateway.domain.view_models.portal_errors import portal_error
from services.portal_gateway.domain.view_models.times import Clock
from services.portal_gateway.repository.setup import Setup
from services.portal_gateway.routes.access import client_of
from services.portal_gateway.routes.context import context_of
from services.portal_gateway.routes.problems import Problem, correlation_of
from services.portal_gateway.routes.rendering import Rendering
from services.portal_gateway.use_cases.sign_in import Places
from shared.contracts.state import BrandState, FormState, MailboxState, Snapshot, TypeState

HOME = "/portal"
PACE = timedelta(minutes=1)
_KINDS: tuple[type[Snapshot], ...] = (BrandState, FormState, TypeState, MailboxState)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True)
class Site:
    """The portal as administrators set it up."""

    brand: BrandState | None = None
    forms: tuple[FormState, ...] = ()
    types: Mapping[str, TypeState] | None = None
    own_addresses: frozenset[str] = frozenset()

    def open_form(self, key: str) -> tuple[FormState, TypeState] | None:
        """A form that is open, with its type; one of a retired type is not."""
        form = next((form for form in self.forms if form.key == key), None)
        return None if form is None else self.with_type(form)

    def with_type(self, form: FormState) -> tuple[FormState, TypeState] | None:
        kind = (self.types or {}).get(form.type)
        return (form, kind) if form.open and kind is not None and not kind.retired else None


@dataclass(frozen=True)
class View:
    """One reader's view of the site."""

    request: Request
    site: Site
    language: str
    say: Say

    @property
    def clock(self) -> Clock:
        """The moment, with its days in the reader's language; the browser writes times in its own zone."""
        return Clock(context_of(self.request).clock(), UTC, DAYS[self.language])

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page of the portal."""
        limit = context_of(self.request).settings.gateway_max_upload_bytes
        frame = portal_frame(self.site.brand, stylesheet_of(self.site.brand), limit, self.language)
        response = _rendering(self.request.app.state).page(
            f"portal/{template}", status, frame=frame, t=self.say, **values
        )
        response.headers.update(HEADERS)
        return response

    def part(self, template: str, **values: object) -> str:
        """Parts of a page, for one that is open."""
        return _rendering(self.request.app.state).part(f"portal/{template}", t=self.say, **values)


async def view_of(request: Request) -> View:
    """The site as it is now, for this reader. Raises what a database raises that is away."""
    site = await load_site(context_of(request).setup)
    request.app.state.portal_site = site
    return _view(request, site)


def remembered_view(request: Request) -> View:
    """The site as it was seen last, for pages that say that something is away; a bare one if it was never seen."""
    return _view(request, getattr(request.app.state, "portal_site", Site()))


async def load_site(setup: Setup) -> Site:
    """The portal's rows, read at once."""
    rows = await setup.of_kinds(*_KINDS)
    mailboxes = [row for row in rows if isinstance(row, MailboxState)]
    return Site(
        brand=next((row for row in rows if isinstance(row, BrandState)), None),
        forms=tuple(row for row in rows if isinstance(row, FormState)),
        types={row.key: row for row in rows if isinstance(row, TypeState)},
        own_addresses=frozenset(mailbox.address.lower() for mailbox in mailboxes),
    )


async def view_and_place(request: Request) -> tuple[View, Places]:
    """The reader's view, and their place among the posts of a minute, counted across replicas.

    Of a client only a keyed hash is kept. One that was told to wait and does not is told again from memory: the count
    is taken under a lock, and a flood that queues there would hold the connections that others need.
    """
    context = context_of(request)
    name, now = context.keys.mac("client-pace.1", client_of(request).encode())[:16].hex(), context.clock()
    waiting = context.waits.seconds(name, now)
    if waiting:
        return remembered_view(request), Places(wait_seconds=waiting)
    most = context.settings.gateway_form_per_minute
    view, place = await asyncio.gather(view_of(request), context.pace.take([f"portal:{name}"], most, PACE, now))
    if place.wait_seconds:
        context.waits.tell(name, place.wait_seconds, now)
    return view, place


async def error_page(request: Request, problem: Problem) -> HTMLResponse:
    """The portal's page for a problem; it asks nothing that may be away."""
    view = remembered_view(request)
    here = request.url.path if request.method == "GET" else ""
    number = correlation_of(request)
    return view.page("error.html", problem.status, error=portal_error(problem.status, HOME, number, here_url=here))


def stylesheet_of(brand: BrandState | None) -> str:
    """Its address names the brand's version, so that it may be kept."""
    return f"{HOME}/brand.css?v={brand.version if brand else 0}"


def _view(request: Request, site: Site) -> View:
    language = language_of(request.headers.get("accept-language", ""))
    return View(request, site, language, say_in(language))


def _rendering(state: State) -> Rendering:
    """Made when first asked for: an application that serves no page needs no built assets."""
    if not hasattr(state, "portal_rendering"):
        state.portal_rendering = Rendering()
    rendering: Rendering = state.portal_rendering
    return rendering
