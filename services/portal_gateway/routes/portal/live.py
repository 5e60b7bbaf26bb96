"""A request's page, live: what its reader may see is sent as soon as it is so, over the link that opens the page.

Invariant: what is sent is made from the page's own view (`request_page`): public messages alone, and only where that
view changed, so that neither the words nor the moment of anything internal leave. An event's id names the content that
its reader has then: whoever comes back with it gets what differs, from any replica.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from services.portal_gateway.domain.feed import FeedEvent
from services.portal_gateway.domain.view_models.portal import RequestPage
from services.portal_gateway.domain.view_models.request_changes import changes, content_of
from services.portal_gateway.routes.context import context_of
from services.portal_gateway.routes.portal import pages
from services.portal_gateway.routes.portal.request_view import RequestView, no_such_link, open_link
from services.portal_gateway.routes.portal.requests import PATH
from services.portal_gateway.routes.streaming import HEADERS, PING, PING_SECONDS, RETRY_MILLISECONDS, Coming, coming
from services.portal_gateway.use_cases.request_page import Opened
from shared.postgres.pool import is_transient

router = APIRouter(include_in_schema=False)
#: Pages of one request that one link may have open and live on a replica; a further one works as without scripts.
MOST_STREAMS = 8
#: What one act does is told in several events; the page is read once for them.
SETTLE_SECONDS = 0.2
_ABOUT = ("tickets.item.", "tickets.message.")


@router.get(f"{PATH}/events")
async def request_events(
    request: Request, token: str, have: str = "", last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Server-sent events ``changed``: parts of the page; `have` and Last-Event-ID name what its reader has."""
    context = context_of(request)
    start = await context.feed.newest()
    view, opened = await asyncio.gather(pages.view_of(request), open_link(request, token))
    if opened is None:
        return no_such_link(view)
    if context.live.readers(_reader(opened)) >= MOST_STREAMS:
        wait = {"Retry-After": str(int(PING_SECONDS))}
        return PlainTextResponse("too many open pages of this request\n", 429, headers=pages.HEADERS | wait)
    stream = _RequestStream(request, token, opened)
    lines = stream.lines(start, last_event_id or have)
    return StreamingResponse(lines, media_type="text/event-stream", headers=pages.HEADERS | HEADERS)


class _RequestStream:
    """One open page: what changed of it, as it changes, as long as its link opens it.

    Pings keep to their own clock: a ping that came early would tell that something happened inside.
    """

    def __init__(self, request: Request, token: str, opened: Opened) -> None:
        self._request = request
        self._token = token
        self._reader = _reader(opened)
        self._item_id = opened.item.id
        self._context = context_of(request)
        self._shown: RequestPage | None = None
        self._ended = False
        self._due = False

    async def lines(self, start: int, have: str) -> AsyncIterator[bytes]:
        with self._context.live.reading(self._reader):
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode() + await self._changed(have)
            pause = min(PING_SECONDS, self._context.settings.gateway_authorise_seconds)
            ping_at = asyncio.get_running_loop().time() + pause
            async with coming(self._context, start) as events:
                while not self._ended:
                    pings = await self._wait(events, ping_at)
                    if events.ended:
                        return
                    line = await self._changed() if self._due else b""
                    if pings:
                        ping_at += pause
                        line = line or await self._ping()
                    if line:
                        yield line

    async def _wait(self, events: Coming, ping_at: float) -> bool:
        """Wait for what may have changed the page, and a moment longer for all of it; whether a ping is due instead."""
        time = asyncio.get_running_loop().time
        until = ping_at
        while (left := until - time()) > 0 and not events.ended:
            event = await events.within(left)
            if event is not None and not self._due and self._is_about(event):
                self._due, until = True, min(until, time() + SETTLE_SECONDS)
        return time() >= ping_at

    def _is_about(self, event: FeedEvent) -> bool:
        return event.item_id == self._item_id and event.type.startswith(_ABOUT)

    async def _changed(self, have: str = "") -> bytes:
        """What is new since this reader was told last; empty where nothing is."""
        try:
            opened = await open_link(self._request, self._token)
            view = await pages.view_of(self._request)
            page = await RequestView(view, opened, self._token).shown() if opened else None
        except Exception as error:
            # What is away comes back: the page is read again with the next ping.
            if not is_transient(error):
                raise
            self._due = True
            return b""
        self._due, self._ended = False, page is None
        if page is None:
            return b""
        name, known, self._shown = content_of(page), self._shown, page
        new = changes(known, page)
        if name == have or not new:
            return b""
        html = view.part("request_changed.html", changes=new, request_page=page)
        return f"id: {name}\nevent: changed\n{_data(html)}\n\n".encode()

    async def _ping(self) -> bytes:
        try:
            self._ended = await open_link(self._request, self._token) is None
        except Exception as error:
            if not is_transient(error):
                raise
        return PING


def _reader(opened: Opened) -> tuple[object, ...]:
    return (opened.item.id, opened.person.id)


def _data(html: str) -> str:
    return "\n".join(f"data: {line}" for line in html.splitlines() if line.strip())
