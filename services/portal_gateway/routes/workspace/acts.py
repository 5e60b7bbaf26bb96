"""What is done to a ticket from its page or its row: fields, followers, held messages, mails that failed."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.domain.form_values import cleaned
from services.portal_gateway.domain.texts import address
from services.portal_gateway.domain.view_models.names import Names
from services.portal_gateway.domain.view_models.notices import Toast, Undo
from services.portal_gateway.routes.access import AsStaff, read_form
from services.portal_gateway.routes.asking import caller_of
from services.portal_gateway.routes.files import message_of
from services.portal_gateway.routes.problems import not_found
from services.portal_gateway.routes.workspace.answers import ask_again_if_own, not_yet, refused
from services.portal_gateway.routes.workspace.pages import is_part, see_other, view_of
from services.portal_gateway.routes.workspace.posted import Posted, posted_change
from services.portal_gateway.routes.workspace.ticket_view import item_of
from services.portal_gateway.routes.workspace.tickets import Number
from services.portal_gateway.use_cases import work_on_items
from shared.contracts.answers import Answer
from shared.contracts.state import Address, ItemState
from shared.contracts.tickets import ChangeItem

router = APIRouter()
#: Changes that a notice can take back.
_UNDONE = ("status", "assignee", "priority", "team", "type")


@router.post("/workspace/items/{number}/change")
async def change(request: Request, staff: AsStaff, number: Number) -> Response:
    """Fields of the ticket change; where somebody changed the same one meanwhile, both values are shown."""
    view = await view_of(request, staff)
    item = await item_of(view, number)
    typed = await typed_in(request)
    kind = view.setup.types.get(item.type)
    posted = posted_change(typed, kind.fields if kind else ())
    url = f"/workspace/items/{number}"
    if posted.is_empty:
        return view.part("said.html", toast=Toast("Nothing changed")) if is_part(request) else see_other(url)
    fault = _no_address(posted)
    if fault:
        return await refused(view, Answer(command_id=UUID(int=0), outcome="refused", code="invalid", text=fault))

    async def ask(caller: Caller, *, based: bool) -> Answer | None:
        command = ChangeItem(
            item_id=item.id,
            set=posted.values,
            follow=tuple(Address(address=one) for one in posted.follow),
            unfollow=tuple(posted.unfollow),
            based_on=posted.version if based else None,
        )
        return await work_on_items.change_item(view.context.asking, view.context.setup, caller, command)

    answer = await ask_again_if_own(caller_of(request, staff), ask)
    if answer is None:
        return await not_yet(view, url)
    if answer.outcome == "refused":
        return await refused(view, answer, await item_of(view, number))
    if not is_part(request):
        return see_other(url, "saved")
    return view.part("said.html", refresh=True, toast=_told(item, posted, answer, view.setup))


@router.post("/workspace/messages/{message_id}/accept")
async def accept(request: Request, staff: AsStaff, message_id: UUID) -> Response:
    """A held message joins the conversation; its sender follows if that stays ticked."""
    view = await view_of(request, staff)
    held = await message_of(view.context, message_id)
    follow = (await typed_in(request)).get("follow") == "yes"
    answer = await work_on_items.accept(view.context.asking, caller_of(request, staff), held, follow=follow)
    url = f"/workspace/items/{held.item_number}#m-{message_id}"
    if answer is None:
        return await not_yet(view, url)
    if answer.outcome == "refused":
        return await refused(view, answer)
    if is_part(request):
        words = "The message was accepted; everyone involved hears of it"
        return view.part("said.html", refresh=True, toast=Toast(words))
    return see_other(url, "accepted")


@router.post("/workspace/messages/{message_id}/split")
async def split(request: Request, staff: AsStaff, message_id: UUID) -> Response:
    """A held message becomes the first of a ticket of its own, which is shown then."""
    view = await view_of(request, staff)
    held = await message_of(view.context, message_id)
    answer = await work_on_items.split(view.context.asking, caller_of(request, staff), held)
    if answer is None:
        return await not_yet(view, f"/workspace/items/{held.item_number}")
    if answer.outcome == "refused":
        return await refused(view, answer)
    url = f"/workspace/items/{answer.result['number']}"
    if is_part(request):
        return Response(headers={"HX-Redirect": f"{url}?said=split"})
    return see_other(url, "split")


@router.post("/workspace/deliveries/{delivery_id}/retry")
async def retry(request: Request, staff: AsStaff, delivery_id: UUID) -> Response:
    """A failed mail is tried again."""
    view = await view_of(request, staff)
    delivery = await view.context.items.delivery(delivery_id)
    if delivery is None:
        raise not_found("mail")
    answer = await work_on_items.retry(view.context.asking, caller_of(request, staff), delivery)
    url = f"/workspace/items/{delivery.item_number}"
    if answer is None:
        return await not_yet(view, url)
    if answer.outcome == "refused":
        return await refused(view, answer)
    if is_part(request):
        return view.part("said.html", refresh=True, toast=Toast("It is sent again"))
    return see_other(url, "retried")


async def typed_in(request: Request) -> dict[str, str]:
    """A posted form's texts by name, cleaned."""
    form = await read_form(request)
    return cleaned((name, value) for name, value in form.multi_items() if isinstance(value, str))


def _no_address(posted: Posted) -> str:
    for one in posted.follow:
        try:
            address(one)
        except ValueError:
            return f"{one} is no e-mail address."
    return ""


def _told(item: ItemState, posted: Posted, answer: Answer, names: Names) -> Toast:
    """What was done, and the way back where there is one."""
    shown = [name for name in posted.values if name in _UNDONE]
    if len(shown) == 1 and len(posted.values) == 1:
        name = shown[0]
        words = f"{item.number} {_said(name, posted.values[name], item, names)}"
        before = _before(item, name)
        undo = Undo(f"/workspace/items/{item.number}/change", int(str(answer.result["version"])), ((name, before),))
        return Toast(words, undo=undo)
    return Toast("Saved")


def _said(name: str, value: object, item: ItemState, names: Names) -> str:
    if name == "assignee":
        return f"assigned to {names.person(str(value))}" if value else "is nobody's now"
    if name == "team":
        return f"given to {names.team(str(value))}" if value else "has no team now"
    return f"set to {names.value(name, str(value), item.type)}"


def _before(item: ItemState, name: str) -> str:
    if name == "assignee":
        return str(item.assignee.id) if item.assignee else ""
    values: Mapping[str, str | None] = {
        "status": item.status,
        "priority": item.priority,
        "team": item.team,
        "type": item.type,
    }
    return values[name] or ""
