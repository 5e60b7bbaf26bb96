"""Making a ticket for somebody who calls; what was typed is kept until it is taken."""

from collections.abc import Mapping
from typing import Any, get_args

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from services.portal_gateway.domain.form_values import Judged, judge
from services.portal_gateway.domain.rights import Staff
from services.portal_gateway.domain.view_models.new_ticket import NewTicket, faults_in_words, new_ticket
from services.portal_gateway.routes.access import AsStaff, read_form
from services.portal_gateway.routes.api.messages import sent_files
from services.portal_gateway.routes.asking import caller_of
from services.portal_gateway.routes.problems import refusal
from services.portal_gateway.routes.workspace.acts import typed_in
from services.portal_gateway.routes.workspace.answers import not_yet
from services.portal_gateway.routes.workspace.pages import View, is_part, see_other, view_of
from services.portal_gateway.use_cases import work_on_items
from services.portal_gateway.use_cases.ask import OtherContentError
from services.portal_gateway.use_cases.files import keep
from shared.contracts.answers import Answer
from shared.contracts.state import Address, Channel, Priority, TypeState
from shared.contracts.tickets import CreateItem
from shared.errors import TransientError
from shared.ids import new_id

router = APIRouter()
_AWAY = "A part of the desk is away. What you typed is here; try again in a moment."
_TWICE = "A ticket was made by this form before. Send it again to make another one."


@router.get("/workspace/new")
async def ask(request: Request, staff: AsStaff) -> Response:
    """The form; with a type its own questions, with whatever else its address holds already filled in."""
    view = await view_of(request, staff)
    form = _form(view, {name: value[:2000] for name, value in request.query_params.items()}, {}, str(new_id()))
    if is_part(request):
        return view.part("questions.html", form=form)
    return await view.page("new.html", "", form=form)


@router.post("/workspace/new")
async def make(request: Request, staff: AsStaff) -> Response:
    """The ticket is made and shown; twice clicked it is made once."""
    view = await view_of(request, staff)
    typed = await typed_in(request)
    kind = next((kind for kind in _kinds(view) if kind.key == typed.get("type")), None)
    judged = judge(kind.fields if kind else (), {**typed, "name": typed.get("name") or "-"}, frozenset())
    if judged.filled is None or kind is None:
        faults = faults_in_words(judged.faults) | ({} if kind else {"type": ""})
        return await _again(view, typed, 422, faults=faults)
    try:
        answer = await _create(view, staff, typed, kind, judged)
    except OtherContentError:
        return await _again(view, typed, 422, error=_TWICE)
    except TransientError:
        return await _again(view, typed, 503, error=_AWAY, token=typed.get("token", ""))
    if answer is None:
        return await not_yet(view, "/workspace")
    if answer.outcome == "refused":
        field = answer.field or ""
        faults = {field.removeprefix("requester."): answer.text} if field else {}
        return await _again(view, typed, refusal(answer).status, faults=faults, error="" if faults else answer.text)
    return see_other(f"/workspace/items/{answer.result['number']}", "created")


async def _create(view: View, staff: Staff, typed: Mapping[str, str], kind: TypeState, judged: Judged) -> Answer | None:
    filled = judged.filled
    if filled is None:
        raise AssertionError("judged before")
    form = await read_form(view.request)
    uploads = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
    files = await sent_files(uploads, view.context.settings.gateway_max_upload_bytes)
    content: list[Any] = [dict(typed), [[file.name, file.sha256] for file in files]]
    caller = caller_of(view.request, staff, *content, key=typed.get("token") or None)
    command = CreateItem.model_validate(
        {
            "item_id": caller.derived("item"),
            "type": kind.key,
            "channel": typed.get("channel") if typed.get("channel") in get_args(Channel) else "phone",
            "title": filled.title,
            "text": filled.text,
            "requester": Address(address=filled.address, name=typed.get("name", "").strip()),
            "priority": typed.get("priority") if typed.get("priority") in get_args(Priority) else "normal",
            "team": typed.get("team") or None,
            "fields": dict(filled.values),
            "attachments": await keep(view.context.blobs, caller.command_id, files),
        }
    )
    return await work_on_items.create_item(view.context.asking, caller, command)


def _kinds(view: View) -> list[TypeState]:
    """The types in use, those of one's own teams first: the form opens with the first."""
    own = {key for key, team in view.setup.teams.items() if view.staff.person_id in team.members}
    kinds = [kind for kind in view.setup.types.values() if not kind.retired and kind.item_kind == "ticket"]
    return sorted(kinds, key=lambda kind: kind.team not in own)


def _form(view: View, typed: Mapping[str, str], faults: Mapping[str, str], token: str, error: str = "") -> NewTicket:
    return new_ticket(_kinds(view), view.setup, typed=dict(typed), faults=faults, token=token, error=error)


async def _again(
    view: View,
    typed: Mapping[str, str],
    status: int,
    *,
    faults: Mapping[str, str] | None = None,
    error: str = "",
    token: str = "",
) -> Response:
    form = _form(view, typed, faults or {}, token or str(new_id()), error)
    return await view.page("new.html", "", status, form=form)
