"""What owners answered, as pages say it: done, refused, in conflict, or not yet."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Protocol

from starlette.responses import Response

from services.portal_gateway.domain.caller import Caller
from services.portal_gateway.domain.view_models.conflicts import conflict_page
from services.portal_gateway.domain.view_models.notices import Toast
from services.portal_gateway.routes.problems import refusal
from services.portal_gateway.routes.workspace.pages import View, is_part
from shared.contracts.answers import Answer
from shared.contracts.state import ItemState

NOT_YET = "It was accepted and is being saved; it shows here in a moment"


def is_own_conflict(answer: Answer | None, caller: Caller) -> bool:
    """Whether only the caller themselves changed the fields meanwhile: nobody else's value would be lost."""
    return (
        answer is not None
        and answer.code == "conflict"
        and bool(answer.conflicts)
        and all(conflict.by == caller.actor for conflict in answer.conflicts.values())
    )


class Asking(Protocol):
    """A command that may be based on what its caller saw."""

    def __call__(self, caller: Caller, /, *, based: bool) -> Awaitable[Answer | None]:
        """The owner's answer."""


async def ask_again_if_own(caller: Caller, ask: Asking) -> Answer | None:
    """The answer to `ask`; where the caller met only their own change, asked again without a base."""
    answer = await ask(caller, based=True)
    if not is_own_conflict(answer, caller):
        return answer
    return await ask(replace(caller, command_id=caller.derived("again"), fingerprint=None), based=False)


async def not_yet(view: View, url: str) -> Response:
    """The command is on the log, its answer has not come."""
    if is_part(view.request):
        return view.part("said.html", 202, toast=Toast(NOT_YET))
    return await view.page("waiting.html", "", 202, url=url)


async def refused(view: View, answer: Answer, item: ItemState | None = None) -> Response:
    """A refusal: a conflict shows both values, anything else its sentence."""
    problem = refusal(answer)
    if answer.conflicts and item is not None:
        names = await view.names([item])
        page = conflict_page(item, answer.conflicts, names, view.clock)
        if is_part(view.request):
            return view.part("conflict_dialog.html", problem.status, conflict=page)
        return await view.page("conflict.html", "", problem.status, conflict=page)
    words = answer.text or "That cannot be done now."
    if is_part(view.request):
        return view.part("said.html", problem.status, toast=Toast(words, "danger"))
    return await view.page("refused.html", "", problem.status, words=words, url=_back(view))


def _back(view: View) -> str:
    path = view.request.url.path
    return path.rsplit("/", 1)[0] if path.count("/") > 2 else "/workspace"
