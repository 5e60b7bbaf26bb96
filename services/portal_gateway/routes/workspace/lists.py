"""The list of tickets, and the parts by which an open list stays live."""

import re
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.portal_gateway.domain.listing import Cursor, CursorError
from services.portal_gateway.domain.view_models.frame import MOST
from services.portal_gateway.domain.view_models.lists import address, list_page, row
from services.portal_gateway.routes.access import AsStaff
from services.portal_gateway.routes.workspace.filters import asked_of, filter_of, fits, place_of, sort_of
from services.portal_gateway.routes.workspace.pages import View, view_of
from shared.contracts.state import OrganisationState

router = APIRouter()
ROWS = 50
#: So many organisations are in the list to choose from; others are found by the search.
ORGANISATIONS = 200
MOST_CHANGED, MOST_FRESH = 50, 200
_PAIR = re.compile(r"([A-Za-z0-9-]{1,60})~([0-9a-z]{0,8})")
Ids = Annotated[str, Query(max_length=10_000)]
Have = Annotated[str, Query(max_length=30_000)]
Here = Annotated[str, Query(max_length=60)]


@router.get("/workspace")
async def tickets(request: Request, staff: AsStaff) -> Response:
    """A page of tickets, by the filters in its address."""
    asked = asked_of(request.query_params)
    view = await _with_organisations(await view_of(request, staff), asked)
    cursor = _cursor(asked)
    wanted = filter_of(asked, staff.person_id)
    page = await view.context.items.page(wanted, cursor, ROWS, sort_of(asked))
    count = await view.context.items.count(wanted, MOST)
    names = await view.names(page.items)
    here, title = place_of(asked, names)
    shown = list_page(asked, page.items, names, view.clock, title=title, count=count, next_cursor=page.next)
    return await view.page("list.html", here, list=shown)


@router.get("/workspace/rows")
async def rows(
    request: Request, staff: AsStaff, changed: Ids = "", fresh: Ids = "", have: Have = "", here: Here = ""
) -> Response:
    """What of an open list is not so any more: changed rows, how many tickets would be new, the counts."""
    view = await view_of(request, staff)
    had = had_of(have)
    asked = asked_of(request.query_params)
    wanted = filter_of(asked, staff.person_id)
    ids = dict.fromkeys([*_ids(changed, MOST_CHANGED), *_ids(fresh, MOST_FRESH)])
    items = await view.context.items.of_ids(list(ids)) if ids else []
    shown = [item for item in items if f"row-{item.id}" in had]
    names = await view.names(shown)
    return view.part(
        "rows_changed.html",
        changed=[row(item, names, view.clock) for item in shown],
        new_count=sum(1 for item in items if f"row-{item.id}" not in had and fits(item, wanted)),
        first_url=address({name: value for name, value in asked.items() if name != "cursor"}),
        frame=await view.frame(here or place_of(asked, names)[0]),
        have=frozenset(had.values()),
    )


def had_of(have: str) -> dict[str, str]:
    """What a page has, as it says: id and rev of each block."""
    return {found.group(1): found.group(2) for found in _PAIR.finditer(have)}


def _ids(text: str, most: int) -> list[UUID]:
    found = []
    for part in text.split(",")[:most]:
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found


def _cursor(asked: Mapping[str, str]) -> Cursor | None:
    """The place that the address names; the beginning where it names none of ours (an old bookmark)."""
    try:
        return Cursor.decode(asked["cursor"]) if "cursor" in asked else None
    except CursorError:
        return None


async def _with_organisations(view: View, asked: Mapping[str, str]) -> View:
    """Organisations to choose from, and the one that is chosen."""
    found: list[OrganisationState] = await view.context.setup.find_organisations(limit=ORGANISATIONS)
    chosen = _ids(asked.get("organisation", ""), 1)
    if chosen and all(organisation.id != chosen[0] for organisation in found):
        found += await view.context.setup.organisations(chosen)
    return view.with_organisations(found)
