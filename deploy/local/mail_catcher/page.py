"""The catcher's page and API: every mail the desk sent, live; one of them whole; an answer by who got it.

A mail's HTML is shown by a frame without scripts, forms or the network: it is what a stranger wrote.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import aiosmtplib
from fastapi import FastAPI, File, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.middleware.trustedhost import TrustedHostMiddleware

from deploy.local.mail_catcher.door import Door, Faults
from deploy.local.mail_catcher.reading import (
    Attachment,
    Opened,
    answer_address,
    answer_to,
    as_json,
    mail_address,
    open_mail,
    sender_name,
)
from deploy.local.mail_catcher.settings import CatcherSettings
from deploy.local.mail_catcher.store import MailStore

HERE = Path(__file__).parent
LISTED = 200
HEARTBEAT_SECONDS = 15.0
# Links open in a page of their own; nothing else that the mail's HTML says is done.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src data: cid:; style-src 'unsafe-inline'; font-src data:"
)
PAGE_POLICY = "default-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"


def make_page(settings: CatcherSettings, store: MailStore, door: Door) -> FastAPI:
    """The application over `store` and `door`."""
    page = FastAPI(title="Mail catcher", docs_url=None, redoc_url=None)
    page.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", settings.host])
    page.middleware("http")(guard)
    page.mount("/assets", StaticFiles(directory=HERE / "assets"), name="assets")
    templates = Jinja2Templates(directory=HERE / "templates")
    templates.env.globals["sender_name"] = sender_name
    add_api(page, store, door)
    add_pages(page, Pages(settings, store, templates))
    return page


async def guard(request: Request, go_on: Any) -> Response:
    """Other sites' pages cannot post here; no page loads anything from elsewhere."""
    site = request.headers.get("sec-fetch-site", "none")
    if request.method not in ("GET", "HEAD") and site not in ("same-origin", "none"):
        return JSONResponse({"detail": "from another site"}, status_code=403)
    answer: Response = await go_on(request)
    answer.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


class Pages:
    """What the pages share."""

    def __init__(self, settings: CatcherSettings, store: MailStore, templates: Jinja2Templates) -> None:
        self.settings = settings
        self.store = store
        self.templates = templates

    def open(self, number: int) -> Opened:
        """One mail, parsed; 404 when there is none."""
        return opened(self.store, number)

    def render(self, request: Request, name: str, mail: Opened | None, **more: object) -> HTMLResponse:
        """A page with the list and, where chosen, one mail."""
        listed = [opened(self.store, each.number) for each in self.store.newest_first()[:LISTED]]
        context = {"mails": listed, "mail": mail, "total": len(self.store.newest_first()), "error": "", "text": ""}
        context["can_answer"] = bool(self.settings.desk_smtp)
        context["answer_address"] = answer_address(mail) if mail else ""
        return self.templates.TemplateResponse(request, name, {**context, **more})

    async def send(self, mail: Opened, sender: str, text: str, files: list[Attachment]) -> None:
        """The answer is in the desk's hands."""
        host, _, port = self.settings.desk_smtp.rpartition(":")
        recipient = mail_address(answer_address(mail))
        await aiosmtplib.send(
            answer_to(mail, sender, text, files), sender=sender, recipients=[recipient], hostname=host, port=int(port)
        )


def add_pages(page: FastAPI, pages: Pages) -> None:
    """The routes that people see."""

    @page.get("/", response_class=HTMLResponse)
    async def index(request: Request) -> HTMLResponse:
        return pages.render(request, "page.html", None)

    @page.get("/list", response_class=HTMLResponse)
    async def only_list(request: Request, selected: int = 0) -> HTMLResponse:
        return pages.render(request, "list.html", pages.open(selected) if selected else None)

    @page.get("/mails/{number}", response_class=HTMLResponse)
    async def one(request: Request, number: int, answered: bool = False) -> HTMLResponse:
        return pages.render(request, "page.html", pages.open(number), answered=answered)

    @page.get("/mails/{number}/html", response_class=HTMLResponse)
    async def only_html(number: int) -> HTMLResponse:
        shown = f'<base target="_blank">{pages.open(number).html}'
        return HTMLResponse(shown, headers={"Content-Security-Policy": MAIL_POLICY})

    @page.get("/mails/{number}/files/{index}")
    async def file(number: int, index: int) -> Response:
        files = pages.open(number).attachments
        if index >= len(files):
            raise HTTPException(404, "no such file")
        return Response(
            files[index].content,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(files[index].name)}"},
        )

    @page.post("/mails/{number}/answer")
    async def answer(
        request: Request,
        number: int,
        sender: Annotated[str, Form()],
        text: Annotated[str, Form()] = "",
        files: Annotated[list[UploadFile] | None, File()] = None,
    ) -> Response:
        mail = pages.open(number)
        attached = [
            Attachment(index, each.filename, each.content_type or "application/octet-stream", await each.read())
            for index, each in enumerate(files or [])
            if each.filename
        ]
        error = refusal(mail, sender, text)
        if not error:
            try:
                await pages.send(mail, sender, text, attached)
                return RedirectResponse(f"/mails/{number}?answered=true", status_code=303)
            except (aiosmtplib.SMTPException, OSError) as failed:
                error = f"The desk's SMTP door did not take it: {failed}"
        page_again = pages.render(request, "page.html", mail, error=error, text=text, sender=sender)
        page_again.status_code = 422
        return page_again


def add_api(page: FastAPI, store: MailStore, door: Door) -> None:
    """The routes for tests and scripts."""

    @page.get("/healthz")
    @page.get("/readyz")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @page.get("/api/mails")
    async def mails(to: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        return [as_json(opened(store, each.number)) for each in store.newest_first(to, after)]

    @page.delete("/api/mails", status_code=204)
    async def forget() -> None:
        await store.forget_all()

    @page.get("/api/mails/{number}")
    async def mail(number: int) -> dict[str, Any]:
        return as_json(opened(store, number))

    @page.get("/api/mails/{number}/raw")
    async def raw(number: int) -> Response:
        return Response(store.raw(opened(store, number).envelope), media_type="message/rfc822")

    @page.get("/api/faults")
    async def faults() -> Faults:
        return door.faults

    @page.put("/api/faults")
    async def misbehave(faults: Faults) -> Faults:
        door.faults = faults
        return faults

    @page.delete("/api/faults", status_code=204)
    async def behave() -> None:
        door.faults = Faults()

    @page.get("/live")
    async def live() -> StreamingResponse:
        return StreamingResponse(signals(store), media_type="text/event-stream")


async def signals(store: MailStore) -> AsyncIterator[str]:
    """A server-sent event for each change of the list."""
    yield "retry: 1000\n\n"
    async for changed in store.changes(HEARTBEAT_SECONDS):
        yield "event: mails\ndata: changed\n\n" if changed else ": still here\n\n"


def opened(store: MailStore, number: int) -> Opened:
    """One mail, parsed.

    Raises:
        HTTPException: 404, there is none.
    """
    mail = store.find(number)
    if mail is None:
        raise HTTPException(404, "no such mail")
    return open_mail(mail, store.raw(mail))


def refusal(mail: Opened, sender: str, text: str) -> str:
    """Why this answer cannot be sent; empty when it can."""
    if sender.lower() not in (each.lower() for each in mail.envelope.rcpt_tos):
        return "Only who got this mail can answer it."
    return "" if text.strip() else "Write something first."
