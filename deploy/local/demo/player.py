"""Plays a day against a running desk: mails by SMTP, forms by the portal, staff by the API, answers by mail again."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
from selectolax.lexbor import LexborHTMLParser

from deploy.local.demo.day import AnswerStep, Day, FormStep, MailStep, ReplyStep, Step, pauses
from deploy.local.errors import StackError
from deploy.local.home import ROOT, Run
from deploy.local.send.delivery import Connection, Outcome
from deploy.local.send.mails import read_mails

#: Who staff are on the day, as customers read it.
TEAM = "Support team"
PATIENCE_SECONDS = 15.0
POLL_SECONDS = 0.3
TIMEOUT_SECONDS = 20.0


class Player:
    """The doors of one desk.

    Args:
        run: Where it is.
        folder: Where the mails of the day lie.
        say: Tells the user a line on each step.
    """

    def __init__(self, run: Run, folder: Path, say: Callable[[str], None]) -> None:
        self.run = run
        self.folder = folder
        self.say = say
        self.http = httpx2.AsyncClient(base_url=run.public_url, timeout=TIMEOUT_SECONDS, follow_redirects=True)
        self.catcher = httpx2.AsyncClient(base_url=run.mail_catcher_url or "", timeout=TIMEOUT_SECONDS)
        self.token = ""

    async def play(self, day: Day, total_seconds: float) -> int:
        """Every step was tried, in order; the number of those that did not go through."""
        failed = 0
        for step, pause in zip(day.steps, pauses(day, total_seconds), strict=True):
            await asyncio.sleep(pause)
            try:
                error = await self.take(step)
            except (httpx2.HTTPError, OSError) as away:
                error = f"{type(away).__name__}: {away}"
            failed += bool(error)
            self.say(f"  {describe(step)}{f' [red]{error}[/]' if error else ''}")
        return failed

    async def take(self, step: Step) -> str:
        """Why the step did not go through; empty when it did."""
        if isinstance(step, MailStep):
            return await self.send(step)
        if isinstance(step, FormStep):
            return await self.fill_in(step)
        if isinstance(step, ReplyStep):
            return await self.reply(step)
        return await self.answer(step)

    async def send(self, step: MailStep) -> str:
        """A mail went to the SMTP door."""
        run = self.run
        connection = Connection(run.smtp.host, run.smtp.port)
        mail = next(read_mails(self.folder / step.file, step.recipients, run.mail_domain, run.support_address))
        try:
            outcome, said = await connection.deliver(mail)
        finally:
            await connection.close()
        return "" if outcome is Outcome.ACCEPTED else f"{outcome}: {said}"

    async def fill_in(self, step: FormStep) -> str:
        """A form was fetched, filled in and sent, as a browser without scripts does it."""
        address = f"/portal/forms/{step.form}"
        page = await self.http.get(address)
        hidden = LexborHTMLParser(page.text).css("form input[type=hidden]")
        values = {str(each.attributes["name"]): each.attributes.get("value") or "" for each in hidden}
        values |= {"name": step.name, "address": step.address, "title": step.title, "text": step.text}
        values |= {f"fields.{key}": value for key, value in step.fields.items()}
        answered = await self.http.post(address, data=values)
        return "" if answered.is_success else f"HTTP {answered.status_code}"

    async def reply(self, step: ReplyStep) -> str:
        """Staff wrote on the item."""
        signed = await self.signed()

        async def look() -> int | None:
            found = await self.http.get("/api/v1/items", params={"q": step.title, "limit": 5}, headers=signed)
            items = found.json().get("items", [])
            return next((item["number"] for item in items if step.title.lower() in item["title"].lower()), None)

        number = await until_found(look)
        if number is None:
            return "no such item"
        body = {"text": step.text, "public": step.public}
        answered = await self.http.post(f"/api/v1/items/{number}/messages", json=body, headers=signed)
        return "" if answered.is_success else f"HTTP {answered.status_code}"

    async def answer(self, step: AnswerStep) -> str:
        """The customer answered a mail of the desk."""

        async def look() -> int | None:
            mails = (await self.catcher.get("/api/mails", params={"to": step.address})).json()
            return next((mail["id"] for mail in mails if step.subject.lower() in mail["subject"].lower()), None)

        number = await until_found(look)
        if number is None:
            return "no such mail"
        form = {"sender": step.address, "text": step.text}
        answered = await self.catcher.post(f"/mails/{number}/answer", data=form)
        return "" if answered.status_code == 303 else f"HTTP {answered.status_code}"

    async def signed(self) -> dict[str, str]:
        """The headers that let staff in; the token is made when it is first needed."""
        if not self.token:
            self.token = await asyncio.to_thread(new_token)
        return {"Authorization": f"Bearer {self.token}"}

    async def close(self) -> None:
        """No connection is left open."""
        await self.http.aclose()
        await self.catcher.aclose()


async def until_found(look: Callable[[], Awaitable[int | None]]) -> int | None:
    """What `look` finds within the patience of a demonstration."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = await look()
        if found is not None or time.monotonic() > deadline:
            return found
        await asyncio.sleep(POLL_SECONDS)


def describe(step: Step) -> str:
    """The step for the user."""
    if isinstance(step, MailStep):
        what = f"sends {step.file}"
    elif isinstance(step, AnswerStep):
        what = f"answers: {step.subject}"
    elif isinstance(step, FormStep):
        what = f"fills in a form: {step.title}"
    else:
        what = f"{'writes to the customer' if step.public else 'notes'}: {step.title}"
    return f"{step.at} {step.who} {what}"


def new_token() -> str:
    """An API token of an administrator, made by the command line.

    Raises:
        StackError: The desk makes none.
    """
    command = [sys.executable, "-m", "deploy.local", "token", "create", TEAM]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    words = made.stdout.split()
    if made.returncode != 0 or not words:
        raise StackError("the desk makes no API token", "look at ./deskstream status")
    return words[-1]
