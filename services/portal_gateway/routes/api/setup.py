"""``/types``, ``/teams``, ``/mailboxes``: what items are, who works on them, where mail comes in."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.routes.access import AsAdministrator
from services.portal_gateway.routes.api.bodies import (
    KEY_PATTERN,
    Body,
    MailboxChange,
    NewMailbox,
    NewTeam,
    NewType,
    TeamChange,
    TypeChange,
)
from services.portal_gateway.routes.api.setup_shapes import Mailbox, Team, Type
from services.portal_gateway.routes.api.shapes import Rows
from services.portal_gateway.routes.asking import accepted, caller_of, done, shown, version_seen
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.problems import invalid, not_found
from services.portal_gateway.use_cases import set_up
from shared.contracts.answers import Answer
from shared.contracts.state import MailboxState, TeamState, TypeState
from shared.contracts.tickets import SaveMailbox, SaveTeam, SaveType

router = APIRouter(prefix="/api/v1", tags=["setup"])
Key = Annotated[str, Path(pattern=KEY_PATTERN)]
_SHAPES: dict[type[TypeState | TeamState | MailboxState], Any] = {
    TypeState: Type,
    TeamState: Team,
    MailboxState: Mailbox,
}
_PATHS = {"type": "types", "team": "teams", "mailbox": "mailboxes"}


@router.get("/types", response_model=Rows[Type], summary="All types")
async def types(request: Request) -> Any:
    """Types with their fields and lifecycles; a form of the same key follows each."""
    return Rows(items=[Type.of(kind) for kind in await context_of(request).setup.types()])


@router.get("/types/{key}", response_model=Type, summary="One type")
async def show_type(request: Request, key: Key) -> Any:
    """The type, with its version as ETag."""
    return await _shown(context_of(request), TypeState, key)


@router.post("/types", status_code=201, response_model=Type, summary="Make a type")
async def make_type(request: Request, staff: AsAdministrator, body: NewType) -> Any:
    """Make a type; without statuses it gets the default lifecycle."""
    context, caller = context_of(request), _caller(request, staff, body)
    answer = await set_up.save_type(context.asking, caller, _type(body.key, body, create=True))
    return await _told(context, caller, answer, TypeState, body.key, 201)


@router.patch("/types/{key}", response_model=Type, summary="Change a type")
async def change_type(request: Request, staff: AsAdministrator, key: Key, body: TypeChange) -> Any:
    """Change parts of a type; lists replace lists. A named part that changed since is a conflict."""
    context, caller = context_of(request), _caller(request, staff, body)
    based_on = version_seen(request)
    answer = await set_up.save_type(context.asking, caller, _type(key, body, based_on=based_on))
    return await _told(context, caller, answer, TypeState, key)


@router.get("/teams", response_model=Rows[Team], summary="All teams")
async def teams(request: Request) -> Any:
    """Teams with the ids of their members."""
    return Rows(items=[Team.of(team) for team in await context_of(request).setup.teams()])


@router.get("/teams/{key}", response_model=Team, summary="One team")
async def show_team(request: Request, key: Key) -> Any:
    """The team, with its version as ETag."""
    return await _shown(context_of(request), TeamState, key)


@router.post("/teams", status_code=201, response_model=Team, summary="Make a team")
async def make_team(request: Request, staff: AsAdministrator, body: NewTeam) -> Any:
    """Make a team of staff."""
    context, caller = context_of(request), _caller(request, staff, body)
    answer = await set_up.save_team(context.asking, caller, _team(body.key, body, create=True))
    return await _told(context, caller, answer, TeamState, body.key, 201)


@router.patch("/teams/{key}", response_model=Team, summary="Change a team")
async def change_team(request: Request, staff: AsAdministrator, key: Key, body: TeamChange) -> Any:
    """Change a team's label or members. A named part that changed since is a conflict."""
    context, caller = context_of(request), _caller(request, staff, body)
    based_on = version_seen(request)
    answer = await set_up.save_team(context.asking, caller, _team(key, body, based_on=based_on))
    return await _told(context, caller, answer, TeamState, key)


@router.get("/mailboxes", response_model=Rows[Mailbox], summary="All mailboxes")
async def mailboxes(request: Request) -> Any:
    """Mail channels: the addresses that customers write to, and what their mail becomes."""
    return Rows(items=[Mailbox.of(mailbox) for mailbox in await context_of(request).setup.mailboxes()])


@router.get("/mailboxes/{key}", response_model=Mailbox, summary="One mailbox")
async def show_mailbox(request: Request, key: Key) -> Any:
    """The mailbox, with its version as ETag."""
    return await _shown(context_of(request), MailboxState, key)


@router.post("/mailboxes", status_code=201, response_model=Mailbox, summary="Make a mailbox")
async def make_mailbox(request: Request, staff: AsAdministrator, body: NewMailbox) -> Any:
    """Make a mailbox; its address is no other's."""
    context, caller = context_of(request), _caller(request, staff, body)
    answer = await set_up.save_mailbox(context.asking, caller, SaveMailbox(create=True, **body.model_dump()))
    return await _told(context, caller, answer, MailboxState, body.key, 201)


@router.patch("/mailboxes/{key}", response_model=Mailbox, summary="Change a mailbox")
async def change_mailbox(request: Request, staff: AsAdministrator, key: Key, body: MailboxChange) -> Any:
    """Change parts of a mailbox. A named part that changed since is a conflict."""
    context, caller = context_of(request), _caller(request, staff, body)
    based_on = version_seen(request)
    if await context.setup.one_of(MailboxState, key) is None:
        raise not_found("mailbox")
    command = SaveMailbox(key=key, based_on=based_on, **body.model_dump(exclude_unset=True))
    answer = await set_up.save_mailbox(context.asking, caller, command)
    return await _told(context, caller, answer, MailboxState, key)


def _caller(request: Request, staff: AsAdministrator, body: Body) -> Caller:
    said = body.model_dump(mode="json", exclude_unset=True)
    if not said:
        raise invalid("body", "Name at least one part.")
    return caller_of(request, staff, said, request.headers.get("if-match"))


def _type(key: str, body: TypeChange, *, create: bool = False, based_on: int | None = None) -> SaveType:
    named = body.model_dump(include={"label", "team", "retired"} & body.model_fields_set)
    if "fields" in body.model_fields_set:
        named["fields"] = tuple(field.state() for field in body.fields)
    if "statuses" in body.model_fields_set:
        named["statuses"] = tuple(status.spec() for status in body.statuses)
    return SaveType(key=key, create=create, based_on=based_on, **named)


def _team(key: str, body: TeamChange, *, create: bool = False, based_on: int | None = None) -> SaveTeam:
    named = body.model_dump(include={"label", "members"} & body.model_fields_set)
    return SaveTeam(key=key, create=create, based_on=based_on, **named)


async def _told(
    context: Context,
    caller: Caller,
    answer: Answer | None,
    model: type[TypeState | TeamState | MailboxState],
    key: str,
    status: int = 200,
) -> Response:
    """The new state when the owner has answered, else where to look for the answer."""
    if answer is None:
        return accepted(caller)
    done(answer)
    return await _shown(context, model, key, status)


async def _shown(
    context: Context, model: type[TypeState | TeamState | MailboxState], key: str, status: int = 200
) -> Response:
    state = await context.setup.one_of(model, key)
    if state is None:
        raise not_found(model.kind_name)
    return shown(_SHAPES[model].of(state), state.version, status, f"/api/v1/{_PATHS[model.kind_name]}/{key}")
