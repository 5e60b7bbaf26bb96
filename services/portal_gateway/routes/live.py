"""``GET /events``: what happens on the desk, as it happens, to signed-in staff and their programs.

Invariant: whoever names the last number they saw gets every later event once, in order, from any replica; where that
is not possible any more they are told so (``resync``), and read what they show anew.
Source: HTML, server-sent events §9.2.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from fastapi import APIRouter, Header, Query
from pydantic import AfterValidator, StringConstraints
from starlette.requests import Request
from starlette.responses import StreamingResponse

from services.portal_gateway.domain.feed import FeedEvent
from services.portal_gateway.domain.listing import LARGEST_NUMBER
from services.portal_gateway.domain.texts import one_line
from services.portal_gateway.routes.access import AsStaff, SignInNeededError, current_staff
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.problems import invalid
from services.portal_gateway.routes.streaming import HEADERS, PING, PING_SECONDS, RETRY_MILLISECONDS, coming
from shared.errors import TransientError
from shared.postgres.pool import is_transient

router = APIRouter(tags=["events"])
_log = structlog.get_logger()


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    summary="What happens, as it happens",
)
async def events(
    request: Request,
    staff: AsStaff,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[int | None, Query(ge=0, lt=LARGEST_NUMBER, description="As Last-Event-ID.")] = None,
    types: Annotated[
        str,
        Query(description="Beginnings of event types, by comma: `tickets.item.,intake.`"),
        StringConstraints(max_length=500),
        AfterValidator(one_line),
    ] = "",
) -> StreamingResponse:
    """Server-sent events. Each has the feed's number as its id; resume with Last-Event-ID on any replica."""
    context = context_of(request)
    wanted = tuple(part.strip() for part in types.split(",") if part.strip())
    seen = _number(last_event_id) if last_event_id else after
    first, start = await _beginning(context, seen)
    _log.info("stream_began", person=str(staff.person_id), resumed=seen is not None)
    stream = _Stream(request, context, wanted)
    return StreamingResponse(stream.lines(first, start), media_type="text/event-stream", headers=HEADERS)


class _Stream:
    """One open stream: events as they come, a ping when none does, until it may go on no longer."""

    def __init__(self, request: Request, context: Context, wanted: tuple[str, ...]) -> None:
        self._request = request
        self._context = context
        self._wanted = wanted
        self._authorise_seconds = context.settings.gateway_authorise_seconds
        self._seen = self._told = 0

    async def lines(self, first: bytes, start: int) -> AsyncIterator[bytes]:
        self._seen = self._told = start
        yield first
        loop = asyncio.get_running_loop()
        authorised_at = loop.time()
        async with coming(self._context, start) as events:
            while True:
                event = await events.within(min(PING_SECONDS, self._authorise_seconds))
                if events.ended:
                    return
                if line := self._ping() if event is None else self._line(event):
                    yield line
                if loop.time() - authorised_at >= self._authorise_seconds:
                    authorised_at = loop.time()
                    if not await _may_go_on(self._request):
                        return

    def _line(self, event: FeedEvent) -> bytes:
        self._seen = event.number
        if self._wanted and not event.type.startswith(self._wanted):
            return b""
        self._told = event.number
        return event.as_sse()

    def _ping(self) -> bytes:
        """With the number of what was passed over, so that a quiet stream resumes from where it is."""
        if self._told == self._seen:
            return PING
        self._told = self._seen
        return f"id: {self._seen}\n\n".encode()


async def _beginning(context: Context, seen: int | None) -> tuple[bytes, int]:
    """What a stream begins with, and the number after which its events come."""
    newest = await context.feed.newest()
    retry = f"retry: {RETRY_MILLISECONDS}\n"
    if seen is None:
        return f"{retry}id: {newest}\nevent: hello\ndata: {json.dumps({'feed': newest})}\n\n".encode(), newest
    oldest = await context.feed.oldest()
    if has_gap(seen, oldest, newest):
        return f"{retry}id: {newest}\nevent: resync\ndata: {json.dumps({'feed': newest})}\n\n".encode(), newest
    return f"{retry}\n".encode(), seen


def has_gap(seen: int, oldest: int, newest: int) -> bool:
    """Whether events after `seen` are not kept any more, or `seen` is of another desk's feed.

    Args:
        seen: the last number that the client got.
        oldest: the lowest number that is kept, 0 where none is.
        newest: the highest number ever given.
    """
    return seen > newest or (seen < newest and (oldest == 0 or seen < oldest - 1))


async def _may_go_on(request: Request) -> bool:
    try:
        return await current_staff(request, counts_as_use=False) is not None
    except SignInNeededError:
        return False
    except Exception as error:
        # Who cannot be asked about now is asked about again: a page that stays open must survive an outage.
        if isinstance(error, TransientError) or is_transient(error):
            return True
        raise


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise invalid("Last-Event-ID", "A number that an event had as its id.")
    return int(text)
