"""Broker away, then database away: doors, pages and readiness say so, typed text is kept, all recovers alone."""

import json
import os
import re
import signal
import smtplib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import psutil
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browsing import account, at_desk, sign_in
from tests.e2e.conftest import running_desk
from tests.e2e.desk import Desk, mail
from tests.e2e.test_portal import form_url, hidden_fields
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def own_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk of its own: the others' must not feel the outages."""
    with running_desk(tmp_path_factory.mktemp("outages")) as desk:
        yield desk
        desk.http.close()


def server(desk: Desk, name: str) -> psutil.Process:
    """The process of `kafka` or `postgresql` of this desk."""
    run = json.loads((Path(desk.home) / "run.json").read_text())
    return psutil.Process(int(run["servers"][name]["pid"]))


def ready(desk: Desk, service: str) -> bool:
    url = next(s["health_url"] for s in desk.status["services"] if s["name"] == service)
    return httpx2.get(f"{url.rstrip('/')}/readyz" if "readyz" not in url else url, timeout=5).status_code == 200


def pause(process: psutil.Process) -> list[psutil.Process]:
    """Freeze a server and its children: connections hang, nothing answers, as behind a dead network."""
    family = [process, *process.children(recursive=True)]
    for member in family:
        os.kill(member.pid, signal.SIGSTOP)
    return family


def resume(family: list[psutil.Process]) -> None:
    for member in reversed(family):
        if member.is_running():
            os.kill(member.pid, signal.SIGCONT)


def test_broker_away(own_desk: Desk) -> None:
    """DESIGN §4: pages read on, doors answer 451 and 503, readiness says so; after it everything goes on."""
    desk = own_desk
    url = form_url(desk, "request")
    page = httpx2.get(url, timeout=20)
    sender, title = f"away-{uuid4().hex[:6]}@cliente.example", f"Sem corretor {uuid4().hex[:8]}"
    family = pause(server(desk, "kafka"))
    try:
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            desk.send(mail(sender, desk.mailbox("support"), title, "Olá"), sender, desk.mailbox("support"))
        assert refused.value.smtp_code == 451
        values = {
            **hidden_fields(page.text),
            "name": "Ana",
            "address": sender,
            "title": title,
            "text": "Texto a manter",
        }
        answer = httpx2.post(url, data=values, timeout=20)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        assert "Texto a manter" in answer.text
        assert desk.http.get("/api/v1/items").status_code == 200, "pages read on"
        wait_for(lambda: not ready(desk, "tickets"), "tickets to be not ready")
        assert ready(desk, "gateway"), "the gateway needs its database only"
    finally:
        resume(family)
    wait_for(lambda: ready(desk, "tickets") and ready(desk, "intake"), "readiness again")
    desk.send(mail(sender, desk.mailbox("support"), title, "De novo"), sender, desk.mailbox("support"))
    desk.wait_for_item(title)


def test_database_away(own_desk: Desk) -> None:
    """DESIGN §4: mail is still taken, pages and forms answer 503; afterwards the mail becomes its ticket."""
    desk = own_desk
    sender, title = f"db-{uuid4().hex[:6]}@cliente.example", f"Sem base {uuid4().hex[:8]}"
    family = pause(server(desk, "postgresql"))
    try:
        desk.send(mail(sender, desk.mailbox("support"), title, "Olá"), sender, desk.mailbox("support"))
        answer = desk.http.get("/api/v1/items")
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        assert httpx2.get(form_url(desk, "request"), timeout=20).status_code == 503
        wait_for(lambda: not ready(desk, "gateway"), "the gateway to be not ready")
        assert ready(desk, "intake"), "intake needs the broker only"
    finally:
        resume(family)
    wait_for(lambda: ready(desk, "gateway"), "readiness again")
    desk.wait_for_item(title)


async def test_pages_say_that_the_database_is_away(own_desk: Desk, chromium: Browser) -> None:
    """DESIGN §4: a 503 page with what is safe, one way on and its number; the same click shows the page afterwards."""
    desk = own_desk
    async with at_desk(chromium, desk, None) as window:
        page = window.page
        await page.goto("/workspace")
        await sign_in(page, account(desk, "admin", "reset-password"))
        await expect(page.get_by_role("heading", name="All open")).to_be_visible()
        family = pause(server(desk, "postgresql"))
        try:
            answer = await page.goto("/workspace?status=any")
            assert answer is not None
            assert answer.status == 503
            await expect(page.get_by_role("heading", level=1)).to_have_text("We cannot do this right now")
            await expect(page.locator("code")).to_have_text(re.compile(r"[0-9a-f-]{36}"))
        finally:
            resume(family)
        wait_for(lambda: ready(desk, "gateway"), "readiness again")
        await page.get_by_role("link", name="Try again").click()
        await expect(page.locator("#list")).to_be_visible()
