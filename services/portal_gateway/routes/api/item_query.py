"""What a list of items may be asked for."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.portal_gateway.domain.listing import ItemFilter, Sort
from services.portal_gateway.domain.rights import Staff
from services.portal_gateway.domain.texts import ADDRESS_CHARACTERS, one_line
from services.portal_gateway.routes.api.bodies import Body
from services.portal_gateway.routes.asking import MOST_ROWS, ROWS
from services.portal_gateway.routes.context import Context
from services.portal_gateway.routes.problems import invalid
from shared.addresses import normalise

Words = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(one_line)]
Somebody = Annotated[str, StringConstraints(max_length=ADDRESS_CHARACTERS), AfterValidator(one_line)]
NOBODY = UUID(int=0)


class ItemQuery(Body):
    """Filters, all of which must fit; what is absent is not asked for."""

    q: Words = Field("", description="Every word begins a word of the item or of a message of it.")
    status: list[Words] = Field(default=[], max_length=50, description="Keys; several by comma, or repeated.")
    state: Literal["open", "finished"] | None = None
    assignee: Somebody = Field("", description="An id, an address, `me`, or `none`.")
    team: Words = Field("", description="A key, or `none`.")
    organisation: UUID | None = None
    type: Words = ""
    requester: Somebody = Field("", description="An id or an address.")
    tag: Words = ""
    priority: Words = ""
    held: bool = Field(default=False, description="Only those with messages that wait for staff.")
    kind: Literal["ticket", "task"] | None = None
    channel: Words = ""
    sort: Sort = Field("number", description="Newest number first, or last changed first.")
    limit: int = Field(ROWS, ge=1, le=MOST_ROWS)
    cursor: str | None = Field(None, max_length=600, description="`next` of the page before.")


async def filter_of(context: Context, staff: Staff, query: ItemQuery) -> ItemFilter:
    """The filter that a query means.

    Raises:
        ProblemError: it names a person by what is neither id nor address.
    """
    assigned = query.assignee not in {"", "none"}
    return ItemFilter(
        statuses=tuple(dict.fromkeys(key for each in query.status for key in each.split(",") if key)) or None,
        is_open=None if query.state is None else query.state == "open",
        assignee=await _person(context, staff, "assignee", query.assignee) if assigned else None,
        unassigned=query.assignee == "none",
        team=query.team if query.team not in {"", "none"} else None,
        without_team=query.team == "none",
        organisation=query.organisation,
        type=query.type or None,
        requester=await _person(context, staff, "requester", query.requester) if query.requester else None,
        tag=query.tag or None,
        priority=query.priority or None,
        held=query.held,
        words=query.q or None,
        kind=query.kind,
        channel=query.channel or None,
    )


async def _person(context: Context, staff: Staff, name: str, said: str) -> UUID:
    """The person that a filter names; an address that nobody has fits nothing."""
    if said == "me":
        return staff.person_id
    if "@" in said:
        person = await context.setup.person_of_address(normalise(said))
        return person.id if person is not None else NOBODY
    try:
        return UUID(said)
    except ValueError as error:
        raise invalid(name, "An id or an address.") from error
