"""`python -m tests.overload.flooding`: one sender and one client of a form, many times over the cap.

A process of its own, so that what it costs to flood does not count as what it costs others to wait. Prints one JSON
object: how often which answer came, and every input that was not put off.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Annotated

import httpx2
import typer
import uvloop

from tests.chaos.doors import Place, hidden_fields, octets, send_mail, told
from tests.chaos.evidence import Json
from tests.chaos.history import Kind, Told, Try, new_marker
from tests.overload.inputs import mail_of

SENDER = "flood@kunde0.example"
CLIENT = "127.0.9.9"
FORM = "/portal/forms/request"
MAILS_A_SECOND, POSTS_A_SECOND = 40.0, 10.0
#: The codes by which a flood is put off.
PUT_OFF = frozenset({451, 429})


@dataclass
class Flood:
    """Where it goes, and what it was told."""

    smtp: Place
    http: Place
    to: str
    rng: random.Random
    codes: Counter[str] = field(default_factory=Counter)
    inputs: list[Json] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Both floods for so long; returns when the last has its answer."""
        transport = httpx2.AsyncHTTPTransport(local_address=CLIENT)
        async with httpx2.AsyncClient(transport=transport, timeout=15) as client:
            await asyncio.gather(
                self._at_rate(MAILS_A_SECOND, seconds, self._mail),
                self._at_rate(POSTS_A_SECOND, seconds, lambda: self._post(client)),
            )

    async def _at_rate(self, rate: float, seconds: float, make: Callable[[], Coroutine[None, None, None]]) -> None:
        """So many a second, whatever becomes of them."""
        loop = asyncio.get_running_loop()
        next_at, until, tasks = loop.time(), loop.time() + seconds, set[asyncio.Task[None]]()
        while next_at < until:
            await asyncio.sleep(max(0.0, next_at - loop.time()))
            next_at += self.rng.expovariate(rate)
            tasks.add(asyncio.create_task(make()))
        await asyncio.gather(*tasks)

    async def _mail(self) -> None:
        op, begun_at = new_marker(self.rng), time.time()
        raw = octets(mail_of(SENDER, self.to, f"Question {op}", f"{op}\n"))
        facts = {"sender": SENDER, "to": self.to, "mailbox": self.to, "begun_by": op}
        answer = await send_mail(self.smtp, SENDER, self.to, raw)
        self._note(op, Kind.MAIL, {**facts, "sha256": sha256(raw).hexdigest()}, begun_at, answer)

    async def _post(self, client: httpx2.AsyncClient) -> None:
        """A form opened and posted; where it is put off nobody comes again."""
        op, begun_at = new_marker(self.rng), time.time()
        url = f"http://127.0.0.1:{self.http.port}{FORM}"
        text = f"By the form, {op}"
        values = {"name": "Flood", "address": SENDER, "title": f"Form {op}", "text": text}
        answer: httpx2.Response | None = None
        with suppress(httpx2.HTTPError):
            page = await client.get(url)
            answer = await client.post(url, data={**hidden_fields(page.text), **values})
        facts = {"sender": SENDER, "form": "request", "begun_by": op, "text": text}
        self._note(op, Kind.FORM, facts, begun_at, told(answer))

    def _note(self, op: str, kind: Kind, facts: Json, begun_at: float, answer: Told) -> None:
        """What was put off must be nowhere: it is not even said to have been given."""
        self.codes[f"{kind} {answer.code}"] += 1
        if answer.code not in PUT_OFF:
            link = (self.smtp if kind is Kind.MAIL else self.http).link
            tried = Try(begun_at, time.time(), answer.outcome, answer.code, answer.detail, link)
            self.inputs.append({"op": op, "kind": kind, "facts": facts, "try": asdict(tried)})


def main(
    smtp: Annotated[int, typer.Option()],
    http: Annotated[int, typer.Option()],
    to: Annotated[str, typer.Option()],
    seconds: Annotated[float, typer.Option()],
    seed: Annotated[int, typer.Option()],
) -> None:
    """Flood the doors at these ports, then say what came of it."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    flood = Flood(Place("flood.door", smtp), Place("flood.http", http), to, rng)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(flood.run(seconds))
    json.dump({"codes": flood.codes, "inputs": flood.inputs}, sys.stdout)


if __name__ == "__main__":
    typer.run(main)
