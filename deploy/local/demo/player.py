"""Plays a day against a running desk: mails by SMTP, staff by the API, customers by the mail catcher."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import httpx2

from deploy.local.demo.day import AnswerStep, MailStep, ReplyStep, Step, pauses
from deploy.local.errors import StackError
from deploy.local.home import ROOT, Run
from deploy.local.send.delivery import Connection
from deploy.local.send.mails import read_mails

PATIENCE_SECONDS = 15.0
POLL_SECONDS = 0.3


class Player:
    """The doors of one desk.

    Args:
        run: Where it is.
        say: Tells the user a line on each step.
    """

    def __init__(self, run: Run, say: Callable[[str], None]) -> None:
        self.run = run
        self.say = say
        self.api = httpx2.AsyncClient(base_url=f"{run.public_url}/api/v1", timeout=20)
        self.catcher = httpx2.AsyncClient(base_url=run.mail_catcher_url or "", timeout=20)

    async def play(self, steps: list[Step], total_seconds: float) -> int:
        """Every step was tried, in order; the number of those that did not go through."""
        failed = 0
        for step, pause in zip(steps, pauses(steps, total_seconds), strict=True):
            await asyncio.sleep(pause)
            error = await self.take(step)
            failed += bool(error)
            clock = f"{step.minute // 60:02}:{step.minute % 60:02}"
            self.say(f"{clock} {describe(step)}{f' [red]{error}[/]' if error else ''}")
        return failed

    async def take(self, step: Step) -> str:
        """Why the step did not go through; empty when it did."""
        if isinstance(step, MailStep):
            return await self.send(step)
        if isinstance(step, ReplyStep):
            return await self.reply(step)
        return await self.answer(step)

    async def send(self, step: MailStep) -> str:
        """A mail went to the SMTP door."""
        connection = Connection(self.run.smtp.host, self.run.smtp.port)
        try:
            for mail in read_mails(step.file, step.recipients, self.run.mail_domain, self.run.support_address):
                outcome, said = await connection.deliver(mail)
                if outcome != "accepted":
                    return f"{outcome}: {said}"
        finally:
            await connection.close()
        return ""

    async def reply(self, step: ReplyStep) -> str:
        """Staff wrote on the item."""
        if "Authorization" not in self.api.headers:
            self.api.headers["Authorization"] = f"Bearer {await asyncio.to_thread(new_token)}"

        async def find() -> int | None:
            items = (await self.api.get("/items", params={"q": step.title, "limit": 5})).json().get("items", [])
            return next((item["number"] for item in items if step.title.lower() in item["title"].lower()), None)

        number = await self.find(find)
        if number is None:
            return "no such item"
        body = {"text": step.text, "public": step.is_public}
        answered = await self.api.post(f"/items/{number}/messages", json=body)
        return "" if answered.is_success else f"HTTP {answered.status_code}"

    async def answer(self, step: AnswerStep) -> str:
        """The customer answered a mail of the desk."""

        async def find() -> int | None:
            mails = (await self.catcher.get("/api/mails", params={"to": step.customer})).json()
            return next((mail["id"] for mail in mails if step.subject.lower() in mail["subject"].lower()), None)

        number = await self.find(find)
        if number is None:
            return "no such mail"
        form = {"sender": step.customer, "text": step.text}
        answered = await self.catcher.post(f"/mails/{number}/answer", data=form)
        return "" if answered.status_code == 303 else f"HTTP {answered.status_code}"

    async def find(self, look: Callable[[], Awaitable[int | None]]) -> int | None:
        """What `look` finds within the patience of a demonstration."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = await look()
            if found is not None or time.monotonic() > deadline:
                return found
            await asyncio.sleep(POLL_SECONDS)

    async def close(self) -> None:
        """No connection is left open."""
        await self.api.aclose()
        await self.catcher.aclose()


def describe(step: Step) -> str:
    """The step for the user."""
    if isinstance(step, MailStep):
        return f"mail {step.file.name}"
    if isinstance(step, ReplyStep):
        return f"{'reply' if step.is_public else 'note'} on {step.title!r}"
    return f"{step.customer} answers {step.subject!r}"


def new_token() -> str:
    """An API token of an administrator, made by the command line.

    Raises:
        StackError: The desk makes none.
    """
    command = [sys.executable, "-m", "deploy.local", "token", "create", "demonstration"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    words = made.stdout.split()
    if made.returncode != 0 or not words:
        raise StackError("the desk makes no API token", "look at ./deskstream status")
    return words[-1]
