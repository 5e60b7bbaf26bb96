"""What became of a form that was sent: its number at once, or a page that catches up by itself."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.portal_gateway.domain.form_token import receipt_of
from services.portal_gateway.domain.view_models.portal import confirmation
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.portal.pages import HOME, view_of
from services.portal_gateway.routes.problems import FAULT, NOT_FOUND, ProblemError
from services.portal_gateway.use_cases.ask import look
from shared.contracts.answers import Answer
from shared.contracts.state import MessageState

router = APIRouter(include_in_schema=False)
#: The page looks again at once, later less often: each look waits for the answer by itself.
LONGEST_PAUSE_SECONDS = 60


@router.get(f"{HOME}/sent/{{token}}")
async def sent(request: Request, token: str, again: int = 0) -> Response:
    context = context_of(request)
    receipt_id = receipt_of(context.keys, token, context.clock())
    if receipt_id is None:
        raise ProblemError(NOT_FOUND)
    answer = await look(context.asking, receipt_id, context.settings.gateway_answer_seconds if again else 0)
    view = await view_of(request)
    if answer is None:
        url = f"{HOME}/sent/{token}?again={max(again, 0) + 1}"
        return view.page("waiting.html", 202, url=url, wait_seconds=pause_seconds(again))
    number = answer.result.get("number")
    if answer.outcome != "done" or not isinstance(number, int):
        raise ProblemError(FAULT)
    message = await _what_was_sent(context, receipt_id, answer)
    return view.page("confirmation.html", confirmation=confirmation(number, message))


def pause_seconds(again: int) -> int:
    """How long a page without scripts waits before it looks once more."""
    return min(1 << min(max(again, 0), 10), LONGEST_PAUSE_SECONDS)


async def _what_was_sent(context: Context, receipt_id: UUID, answer: Answer) -> MessageState | None:
    """The message of this receipt, nothing that came later; none when it is no longer for customers to read."""
    name = answer.result.get("message_id")
    message = await context.items.message(UUID(name)) if isinstance(name, str) else None
    if message is None or message.receipt_id != receipt_id or not message.public or message.held:
        return None
    return message
