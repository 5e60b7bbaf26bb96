"""What every page of the workspace is made with: who looks, their frame with its counts, labels, the moment.

Invariant: counts that all share are taken at most once a second a replica, however many pages are open.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.portal_gateway.domain.listing import ItemFilter
from services.portal_gateway.domain.rights import HOME, Staff
from services.portal_gateway.domain.view_models.frame import MOST, Counts, Frame, frame
from services.portal_gateway.domain.view_models.names import Names, people_named
from services.portal_gateway.domain.view_models.notices import Toast
from services.portal_gateway.domain.view_models.people import Face, face
from services.portal_gateway.domain.view_models.times import Clock
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.rendering import Rendering
from shared.contracts.state import (
    BrandState,
    ItemState,
    MailboxState,
    OrganisationState,
    PersonRef,
    PersonState,
    TeamState,
    TypeState,
)

__all__ = ["HOME", "View", "desk_name", "is_part", "rendering_of", "see_other", "view_of"]

COUNTED_SECONDS = 1.0
ZONE_COOKIE, THEME_COOKIE = "ds_zone", "ds_theme"
THEMES = ("light", "dark")
#: What a page says after an act that led to it, by the code in its address: no text of a reader's gets in.
SAID = {
    "accepted": "The message was accepted; everyone involved hears of it",
    "split": "The message is a ticket of its own now",
    "discarded": "The mail was discarded; its original stays",
    "released": "The mail was read and became a message",
    "taken": "A ticket holds the mail now",
    "on": "The rule is on",
    "off": "The rule is off",
    "created": "The ticket was made",
    "saved": "Saved",
    "retried": "It is sent again",
}


@dataclass
class SharedCounts:
    """The counts that are the same for everybody, kept for a moment."""

    taken_at: float = float("-inf")
    counts: Counts = field(default_factory=Counts)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class View:
    """One person's view of the workspace.

    Attributes:
        setup: types, teams, mailboxes by key; staff by id.
    """

    request: Request
    staff: Staff
    context: Context
    clock: Clock
    setup: Names
    everybody: tuple[PersonState, ...]
    brand: BrandState | None

    @property
    def desk(self) -> str:
        return self.brand.name if self.brand else "Deskstream"

    @property
    def me(self) -> Face:
        return face(PersonRef(id=self.staff.person_id, address=self.staff.address, name=self.staff.name, staff=True))

    async def frame(self, here: str) -> Frame:
        """The frame of a page: the counts are as of now, the feed's number from before them."""
        feed = await self.context.feed.newest()
        counts, mine = await asyncio.gather(self._shared_counts(), self._count(assignee=self.staff.person_id))
        person = PersonState(
            version=1,
            id=self.staff.person_id,
            address=self.staff.address,
            name=self.staff.name,
            role=self.staff.role,
        )
        return frame(
            person,
            desk=self.desk,
            counts=Counts(counts.open, mine, counts.unassigned, counts.teams, counts.held, counts.quarantine),
            teams=tuple(self.setup.teams.values()),
            here=here,
            csrf=self.staff.csrf,
            feed=feed,
            theme=_theme(self.request),
        )

    async def page(self, template: str, here: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A whole page."""
        said = SAID.get(self.request.query_params.get("said", ""))
        values.setdefault("toast", Toast(said) if said else None)
        return rendering_of(self.request.app.state).page(
            f"workspace/{template}", status, frame=await self.frame(here), **values
        )

    def part(self, template: str, status: int = 200, *, refresh: bool = False, **values: Any) -> HTMLResponse:
        """Parts of a page; `refresh` makes the page read anew what it shows of tickets."""
        response = rendering_of(self.request.app.state).page(
            f"workspace/{template}", status, csrf=self.staff.csrf, me=self.me, **values
        )
        if refresh:
            response.headers["HX-Trigger"] = "ds-changed"
        return response

    async def names(self, items: Iterable[ItemState] = (), people: Iterable[UUID] = ()) -> Names:
        """Labels for what these items name, and for these people."""
        named = {**people_named(items), **self.setup.people}
        missing = [person_id for person_id in dict.fromkeys(people) if person_id not in named]
        if missing:
            named |= {person.id: person for person in await self.context.setup.people(missing)}
        return Names(
            types=self.setup.types,
            teams=self.setup.teams,
            people=named,
            organisations=self.setup.organisations,
            mailboxes=self.setup.mailboxes,
        )

    def with_organisations(self, organisations: Iterable[OrganisationState]) -> "View":
        """The view with organisations to call by name."""
        setup = self.setup
        known = Names(setup.types, setup.teams, setup.people, {o.id: o for o in organisations}, setup.mailboxes)
        return View(self.request, self.staff, self.context, self.clock, known, self.everybody, self.brand)

    async def _count(self, **wanted: Any) -> int:
        return await self.context.items.count(ItemFilter(is_open=True, **wanted), MOST)

    async def _shared_counts(self) -> Counts:
        shared = _shared(self.request.app.state)
        async with shared.lock:
            if time.monotonic() - shared.taken_at >= COUNTED_SECONDS:
                shared.counts = await self._take_counts()
                shared.taken_at = time.monotonic()
        return shared.counts

    async def _take_counts(self) -> Counts:
        teams = tuple(self.setup.teams)
        every, nobodys, held, quarantined, *of_teams = await asyncio.gather(
            self._count(),
            self._count(unassigned=True),
            self.context.items.count_held(),
            self.context.setup.count_quarantine(),
            *(self._count(team=key) for key in teams),
        )
        return Counts(every, 0, nobodys, dict(zip(teams, of_teams, strict=True)), held, quarantined)


async def view_of(request: Request, staff: Staff) -> View:
    """The workspace as it is set up now, for this person."""
    context = context_of(request)
    rows, everybody = await asyncio.gather(
        context.setup.of_kinds(TypeState, TeamState, MailboxState, BrandState), context.setup.staff()
    )
    setup = Names(
        types={row.key: row for row in rows if isinstance(row, TypeState)},
        teams={row.key: row for row in rows if isinstance(row, TeamState)},
        people={person.id: person for person in everybody},
        mailboxes={row.key: row for row in rows if isinstance(row, MailboxState)},
    )
    brand = next((row for row in rows if isinstance(row, BrandState)), None)
    request.app.state.desk_name = brand.name if brand else "Deskstream"
    clock = Clock(context.clock(), _zone(request))
    return View(request, staff, context, clock, setup, tuple(everybody), brand)


def is_part(request: Request) -> bool:
    """Whether a script asks for parts of a page."""
    return request.headers.get("hx-request") == "true"


def see_other(url: str, said: str = "") -> Response:
    """The page after a post; `said` is a code of `SAID`."""
    path, hash_mark, anchor = url.partition("#")
    mark = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{mark}said={said}{hash_mark}{anchor}" if said else url, 303)


def rendering_of(state: State) -> Rendering:
    """Made when first asked for: an application that serves no page needs no built assets."""
    if not hasattr(state, "rendering"):
        state.rendering = Rendering()
    rendering: Rendering = state.rendering
    return rendering


def desk_name(request: Request) -> str:
    """What the desk was called when a page was last made; pages that may ask nothing use it."""
    return str(getattr(request.app.state, "desk_name", "Deskstream"))


def _shared(state: State) -> SharedCounts:
    if not hasattr(state, "workspace_counts"):
        state.workspace_counts = SharedCounts()
    shared: SharedCounts = state.workspace_counts
    return shared


def _zone(request: Request) -> ZoneInfo:
    """The reader's time zone, as their browser said before."""
    try:
        return ZoneInfo(request.cookies.get(ZONE_COOKIE, "UTC")[:64])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _theme(request: Request) -> str:
    theme = request.cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""
