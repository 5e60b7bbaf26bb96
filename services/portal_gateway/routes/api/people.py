"""``/agents``, ``/people``, ``/organisations``, ``/me``: who works here, and for whom."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from services.portal_gateway.domain import cursors
from services.portal_gateway.domain.listing import CursorError
from services.portal_gateway.domain.texts import one_line
from services.portal_gateway.routes.access import AsAdministrator, AsStaff
from services.portal_gateway.routes.api.bodies import AgentChange, NewAgent
from services.portal_gateway.routes.api.setup_shapes import Agent, Company, KnownPerson, Me
from services.portal_gateway.routes.api.shapes import Rows
from services.portal_gateway.routes.asking import CursorText, Limit, accepted, caller_of, done, shown, version_seen
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.problems import invalid, not_found
from services.portal_gateway.use_cases import set_up
from shared.addresses import normalise
from shared.contracts.state import PersonState
from shared.contracts.tickets import SaveAgent

router = APIRouter(prefix="/api/v1", tags=["people"])
Words = Annotated[
    str,
    Query(alias="q", description="Words that begin a word of the name or the address."),
    StringConstraints(max_length=200, strip_whitespace=True),
    AfterValidator(one_line),
]


@router.get("/me", response_model=Me, summary="Whoever asks")
async def me(staff: AsStaff) -> Any:
    """Who signed in, or whose token it is."""
    return Me(id=staff.person_id, address=staff.address, name=staff.name, role=staff.role)


@router.get("/agents", response_model=Rows[Agent], summary="All staff")
async def agents(request: Request) -> Any:
    """Everyone with a role, accounts of API tokens among them."""
    setup = context_of(request).setup
    teams = await setup.teams()
    return Rows(items=[Agent.of(person, teams) for person in await setup.staff()])


@router.get("/agents/{person_id}", response_model=Agent, summary="One of staff")
async def show_agent(request: Request, person_id: UUID) -> Any:
    """Somebody with a role."""
    return await _shown(context_of(request), person_id)


@router.post("/agents", status_code=201, response_model=Agent, summary="Make somebody staff")
async def make_agent(request: Request, staff: AsAdministrator, body: NewAgent) -> Any:
    """A person of an address becomes staff; `deskstream admin reset-password` gives them a password."""
    context = context_of(request)
    caller = caller_of(request, staff, body.model_dump(mode="json"))
    answer = await set_up.add_agent(context.asking, context.setup, caller, set_up.NewAgent(**body.model_dump()))
    if answer is None:
        return accepted(caller)
    done(answer)
    person = await context.setup.person_of_address(normalise(body.address))
    return accepted(caller) if person is None else await _shown(context, person.id, 201)


@router.patch("/agents/{person_id}", response_model=Agent, summary="Change somebody of staff")
async def change_agent(request: Request, staff: AsAdministrator, person_id: UUID, body: AgentChange) -> Any:
    """Change name, role, teams, or whether they still work here: who does not is signed out everywhere."""
    context, based_on = context_of(request), version_seen(request)
    named = body.model_dump(exclude_unset=True)
    if not named:
        raise invalid("body", "Name at least one part.")
    person = await _agent(context, person_id)
    caller = caller_of(request, staff, body.model_dump(mode="json", exclude_unset=True), based_on)
    said = {"active": person.active, **named}
    command = SaveAgent(person_id=person.id, address=person.address, based_on=based_on, **said)
    answer = await set_up.save_agent(context.asking, caller, command)
    if answer is None:
        return accepted(caller)
    done(answer)
    return await _shown(context, person_id)


@router.get("/people", response_model=Rows[KnownPerson], summary="Find people")
async def people(request: Request, words: Words = "", limit: Limit = 50, cursor: CursorText = None) -> Any:
    """Customers and staff, by address."""
    place = cursors.words_of("people", cursor, 1)
    found = await context_of(request).lists.people(words or None, place[0] if place else None, limit + 1)
    shown_people, following = cursors.page(found, limit, "people", lambda person: (person.address,))
    return Rows(items=[KnownPerson.of(person) for person in shown_people], next=following)


@router.get("/organisations", response_model=Rows[Company], summary="Find organisations")
async def organisations(request: Request, words: Words = "", limit: Limit = 50, cursor: CursorText = None) -> Any:
    """Customers' companies, by name."""
    place = cursors.words_of("organisations", cursor, 2)
    after = (place[0], _id_of(place[1])) if place else None
    found = await context_of(request).lists.organisations(words or None, after, limit + 1)
    companies, following = cursors.page(found, limit, "organisations", lambda o: (o.name, str(o.id)))
    return Rows(items=[Company.of(organisation) for organisation in companies], next=following)


async def _agent(context: Context, person_id: UUID) -> PersonState:
    person = await context.setup.person(person_id)
    if person is None or person.role is None:
        raise not_found("person of staff")
    return person


async def _shown(context: Context, person_id: UUID, status: int = 200) -> Response:
    person = await _agent(context, person_id)
    agent = Agent.of(person, await context.setup.teams())
    return shown(agent, person.version, status, f"/api/v1/agents/{person.id}")


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CursorError(text) from error
