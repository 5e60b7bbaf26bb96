"""The page of a request for whoever's link opened it: made anew from the rows for every answer."""

from dataclasses import dataclass, replace
from urllib.parse import quote
from uuid import uuid4

from fastapi import Request
from starlette.responses import HTMLResponse

from services.portal_gateway.domain.form_token import answer_subject, mint_form_token
from services.portal_gateway.domain.view_models import portal_errors
from services.portal_gateway.domain.view_models.portal import RequestPage, Seen, request_page
from services.portal_gateway.domain.view_models.request_changes import content_of
from services.portal_gateway.routes.context import Context, context_of
from services.portal_gateway.routes.portal.pages import HOME, View
from services.portal_gateway.routes.problems import correlation_of
from services.portal_gateway.use_cases.request_page import Opened, open_request, read_conversation
from shared.contracts.state import MessageState
from shared.links import verify_request_token


@dataclass(frozen=True)
class RequestView:
    """A request as its link's person sees it; `token` is the link's."""

    view: View
    opened: Opened
    token: str

    @property
    def context(self) -> Context:
        return context_of(self.view.request)

    @property
    def url(self) -> str:
        return address_of(self.token)

    @property
    def subject(self) -> str:
        """What form tokens of this page are for."""
        return answer_subject(self.opened.item.id, self.opened.person.id)

    async def page(
        self, status: int = 200, *, form_token: str = "", retry_seconds: int = 0, **changes: object
    ) -> HTMLResponse:
        """The page.

        Args:
            status: of the response.
            form_token: of the answer's form; "" gives it a fresh one.
            retry_seconds: what the response says about when to try again.
            changes: of the page: ``typed``, ``error``, ``problem``, ``sent`` …
        """
        shown = await self.shown(form_token or self._fresh_token())
        response = self.view.page(
            "request.html",
            status,
            request_page=replace(shown, **changes),  # type: ignore[arg-type]
            live_url=f"{self.url}/events?have={content_of(shown)}",
        )
        if retry_seconds:
            response.headers["Retry-After"] = str(retry_seconds)
        return response

    async def shown(self, form_token: str = "") -> RequestPage:
        """What its person may see of the request now."""
        item, site = self.opened.item, self.view.site
        conversation = await read_conversation(self.context.items, item)
        seen = Seen(
            item=item,
            kind=(site.types or {}).get(item.type),
            messages=conversation.messages,
            steps=conversation.steps,
            reader=self.opened.person.id,
            action=self.url,
            token=form_token,
            desk=site.brand.name if site.brand else "",
            file_url=self._file_url,
            whole_url=lambda message: f"{self.url}/messages/{message.id}",
        )
        return request_page(seen, self.view.clock, self.view.say)

    def _file_url(self, message: MessageState, place: int) -> str:
        return f"{self.url}/messages/{message.id}/files/{place}"

    def _fresh_token(self) -> str:
        return mint_form_token(self.context.keys, self.subject, uuid4(), self.context.clock())


def address_of(token: str) -> str:
    return f"{HOME}/requests/{quote(token, safe='')}"


async def open_link(request: Request, token: str) -> Opened | None:
    """What a link opens now; none where it opens nothing, whatever the reason."""
    context = context_of(request)
    link = verify_request_token(context.keys, token, context.clock())
    return await open_request(context.items, context.setup, link)


def no_such_link(view: View) -> HTMLResponse:
    """The one page for every link that opens nothing."""
    return view.page("error.html", 404, error=portal_errors.no_such_link(HOME, correlation_of(view.request)))
