"""``/items``: lists, one item, making and changing it, what happened to it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from services.portal_gateway.domain import cursors
from services.portal_gateway.domain.listing import LARGEST_NUMBER, Cursor
from services.portal_gateway.routes.access import AsStaff
from services.portal_gateway.routes.api.bodies import ItemChange, NewItem
from services.portal_gateway.routes.api.item_query import ItemQuery, filter_of
from services.portal_gateway.routes.api.shapes import Change, Decision, Delivery, Item, Rows
from services.portal_gateway.routes.asking import (
    CursorText,
    Limit,
    accepted,
    caller_of,
    done,
    tag_of,
    version_seen,
)
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.problems import invalid, not_found
from services.portal_gateway.use_cases import work_on_items
from shared.contracts.state import Address, ItemState
from shared.contracts.tickets import Assign, ChangeItem, CreateItem

router = APIRouter(prefix="/api/v1", tags=["items"])
Number = Annotated[int, Path(ge=1, lt=LARGEST_NUMBER)]
_PLAIN = ("title", "status", "priority", "type", "team", "assignee", "tags")


@router.get("/items", response_model=Rows[Item], summary="Find items")
async def find(request: Request, staff: AsStaff, query: Annotated[ItemQuery, Query()]) -> Any:
    """Items that fit every filter given."""
    context = context_of(request)
    place = Cursor.decode(query.cursor) if query.cursor is not None else None
    wanted = await filter_of(context, staff, query)
    page = await context.items.page(wanted, place, query.limit, query.sort)
    return Rows(items=[Item.of(item) for item in page.items], next=page.next)


@router.post("/items", status_code=201, response_model=Item, summary="Make an item")
async def make(request: Request, staff: AsStaff, body: NewItem) -> Any:
    """Make an item for its requester, who hears as for any request."""
    context = context_of(request)
    caller = caller_of(request, staff, body.model_dump(mode="json"))
    command = CreateItem(
        item_id=caller.derived("item"),
        requester=Address(address=body.requester.address, name=body.requester.name),
        **body.model_dump(exclude={"requester"}),
    )
    answer = await work_on_items.create_item(context.asking, caller, command)
    if answer is None:
        return accepted(caller)
    made = await context.items.of_id(UUID(str(done(answer).result["item_id"])))
    if made is None:
        return accepted(caller)
    return shown_item(made, 201, {"Location": f"/api/v1/items/{made.number}"})


@router.get("/items/{number}", response_model=Item, summary="One item")
async def show(request: Request, number: Number) -> Any:
    """The item, with its version as ETag."""
    return shown_item(await item_numbered(context_of(request), number))


@router.patch("/items/{number}", response_model=Item, summary="Change an item")
async def change(request: Request, staff: AsStaff, number: Number, body: ItemChange) -> Any:
    """Change fields of an item. If-Match says what was seen: only a named field that changed since is a conflict."""
    context = context_of(request)
    based_on = version_seen(request)
    item = await item_numbered(context, number)
    caller = caller_of(request, staff, body.model_dump(mode="json", exclude_unset=True), based_on)
    command = _change_of(item, body, based_on)
    answer = await work_on_items.change_item(context.asking, context.setup, caller, command)
    if answer is None:
        return accepted(caller)
    done(answer)
    return shown_item(await item_numbered(context, number))


@router.get("/items/{number}/history", response_model=Rows[Change], summary="What happened to an item")
async def history(request: Request, number: Number, limit: Limit = 50, cursor: CursorText = None) -> Any:
    """Its recorded steps, oldest first: who, when, what, and because of which rules."""
    context = context_of(request)
    after = cursors.number_of("history", cursor) or 0
    item = await item_numbered(context, number)
    found = await context.items.history(item.id, after, limit + 1)
    shown, following = cursors.page(found, limit, "history", lambda change: (change.version,))
    return Rows(items=[Change.of(each) for each in shown], next=following)


@router.get("/items/{number}/decisions", response_model=Rows[Decision], summary="What rules made of an item's events")
async def decisions(request: Request, number: Number, limit: Limit = 50, cursor: CursorText = None) -> Any:
    """One decision an event, oldest first, with the verdict of every rule and why."""
    context = context_of(request)
    place = cursors.moment_of("decisions", cursor)
    item = await item_numbered(context, number)
    found = await context.lists.decisions(item.id, place, limit + 1)
    shown, following = cursors.page(found, limit, "decisions", lambda row: cursors.after_moment(row.at, row.id))
    mails = await context.lists.mails_of(item.id, shown)
    return Rows(items=[Decision.of(each, mails) for each in shown], next=following)


@router.get("/items/{number}/deliveries", response_model=Rows[Delivery], summary="The mails about an item")
async def deliveries(request: Request, number: Number, limit: Limit = 50, cursor: CursorText = None) -> Any:
    """One delivery a mail and recipient, oldest first, with every try."""
    context = context_of(request)
    place = cursors.moment_of("deliveries", cursor)
    item = await item_numbered(context, number)
    found = await context.lists.deliveries(item.id, place, limit + 1)
    shown, following = cursors.page(found, limit, "deliveries", lambda d: cursors.after_moment(d.created_at, d.id))
    return Rows(items=[Delivery.of(each) for each in shown], next=following)


async def item_numbered(context: Context, number: int) -> ItemState:
    """The item of a number.

    Raises:
        ProblemError: there is none.
    """
    item = await context.items.numbered(number)
    if item is None:
        raise not_found("item")
    return item


def shown_item(item: ItemState, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        Item.of(item).model_dump_json(),
        status,
        {**tag_of(item.version), **(headers or {})},
        media_type="application/json",
    )


def _change_of(item: ItemState, body: ItemChange, based_on: int | None) -> ChangeItem:
    named = body.model_fields_set
    if not named:
        raise invalid("body", "Name at least one field.")
    if body.assign is not None and named & {"team", "assignee"}:
        raise invalid("assign", "It stands in place of team and assignee.")
    values = {name: getattr(body, name) for name in _PLAIN if name in named}
    values |= {f"fields.{key}": value for key, value in body.fields.items()}
    return ChangeItem(
        item_id=item.id,
        set=values,
        assign=Assign(team=body.assign.team, member=body.assign.member) if body.assign is not None else None,
        follow=tuple(Address(address=who.address, name=who.name) for who in body.follow),
        unfollow=tuple(body.unfollow),
        based_on=based_on,
    )
