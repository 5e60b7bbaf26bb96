"""Pages of a real desk in every state: free of what axe finds, honest about what is away, never at a dead end."""

import re

from playwright.async_api import Browser, StorageState, expect

from tests.browser.looking import VIEWPORTS, Open, violations
from tests.e2e.browsing import Ticket, account, at_desk, at_home, mark, request_link, sign_in, ticket_by_mail, unique
from tests.e2e.desk import Desk, mail
from tests.e2e.test_portal import form_url
from tests.support.waiting import wait_for

CORRELATION = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def told_ticket(desk: Desk) -> Ticket:
    """One with a reply, a note, a held message and a rule's mail."""
    ticket = ticket_by_mail(desk, "De tudo um pouco", box="hardware")
    for text, public in (("Já vemos.", True), ("Peça no armazém 2.", False)):
        desk.post(f"/items/{ticket.number}/messages", {"text": text, "public": public})
    received = desk.wait_for_mail(ticket.sender, f"[#{ticket.number}]")[0]
    box, stranger = desk.mailbox("hardware"), "vizinha@outra.example"
    desk.send(mail(stranger, box, "Re", "E eu?", In_Reply_To=received.message_id), stranger, box)
    wait_for(lambda: any(message["held"] for message in desk.messages(ticket.number)), "the held message")
    return ticket


async def test_no_page_of_a_real_desk_has_violations(
    chromium: Browser, desk: Desk, administrator_state: StorageState, axe_source: str
) -> None:
    """E18: WCAG 2.2 AA at desk and phone width, with data that came through the doors; no page scrolls sideways."""
    ticket = told_ticket(desk)
    nobody = f"vendas@{desk.mail_domain}"
    desk.send(mail("p@cliente.example", nobody, unique("Ninguém"), "Olá"), "p@cliente.example", nobody)
    quarantined = wait_for(lambda: desk.get("/quarantine")["items"], "the quarantined mail")[0]
    staff_pages = [
        "/workspace",
        "/workspace?status=solved&team=development",
        f"/workspace/items/{ticket.number}",
        f"/workspace/items/{ticket.number}/decisions",
        "/workspace/held",
        "/workspace/quarantine",
        f"/workspace/quarantine/{quarantined['id']}",
        "/workspace/rules",
        "/workspace/new",
        "/workspace/find?q=peça",
        "/workspace/items/99999999",
    ]
    portal = str(desk.status["urls"]["portal"]).rstrip("/")
    others = [portal, form_url(desk, "hardware"), request_link(desk, ticket), f"{portal}/forms/none"]
    found: dict[str, list[str]] = {}
    async with (
        at_desk(chromium, desk, administrator_state) as staff,
        at_desk(chromium, desk, None) as customer,
    ):
        for window, paths in ((staff, staff_pages), (customer, [*others, "/workspace/sign-in"])):
            for path in paths:
                found |= await _looked_at(window, path, axe_source)
    assert {path: what for path, what in found.items() if what} == {}


async def _looked_at(window: Open, path: str, axe_source: str) -> dict[str, list[str]]:
    """What is wrong with a page at each width."""
    found = {}
    await window.page.goto(path)
    for size, (width, height) in VIEWPORTS.items():
        await window.page.set_viewport_size({"width": width, "height": height})
        said = await violations(window.page, axe_source)
        if await window.page.evaluate("document.documentElement.scrollWidth") > width:
            said.append("scrolls sideways")
        found[f"{size} {path}"] = said + window.complaints
        window.complaints.clear()
    return found


async def test_lost_live_connection_is_shown_until_it_is_back(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """B11: what is on the page stays and says since when it stands; back again, what was missed is there."""
    ticket = ticket_by_mail(desk, "Sem ligação")
    async with at_desk(chromium, desk, administrator_state) as window:
        page = window.page
        await page.route("**/events?*", lambda route: route.abort())
        await page.goto("/workspace")
        lost = page.locator("#lost")
        await expect(lost).to_contain_text(re.compile(r"No live updates since \d\d:\d\d"))
        row = f"#row-{desk.item(ticket.number)['id']}"
        await mark(page, row)
        assert desk.change(ticket.number, {"priority": "urgent"}).status_code == 200
        await expect(page.locator(row)).to_be_visible()
        await expect(page.locator(f"{row} [aria-label='Urgent priority']")).to_have_count(0)
        await page.unroute("**/events?*")
        await lost.get_by_role("button", name="Reconnect now").click()
        await expect(lost).to_be_hidden()
        await expect(page.locator(f"{row} [aria-label='Urgent priority']")).to_be_visible()


async def test_pages_that_are_refused_or_not_there_say_so(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """P72: 403 and 404 say what failed, one way on, and the number under which the log knows of it."""
    agent = account(desk, "agent", "add", f"nina-{unique('')[1:]}@{desk.mail_domain}", "--name", "Nina Nunes")
    rule = desk.get("/rules")["items"][0]
    async with at_desk(chromium, desk, None) as window:
        page = window.page
        await page.goto("/workspace/rules")
        await sign_in(page, agent)
        await expect(page.get_by_role("heading", name="Rules")).to_be_visible()
        await expect(page.get_by_role("switch")).to_have_count(0)
        await page.evaluate(
            """url => { const form = document.createElement('form'); form.method = 'post'; form.action = url;
            const csrf = document.createElement('input'); csrf.name = 'csrf'; csrf.value = document.body.dataset.csrf;
            form.append(csrf); document.body.append(form); form.submit(); }""",
            f"/workspace/rules/{rule['id']}/switch",
        )
        await expect(page.get_by_role("heading", level=1)).to_have_text("This is not yours to open")
        await expect(page.locator("code")).to_have_text(CORRELATION)
        await page.goto("/workspace/items/99999999")
        await expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
        await expect(page.locator("code")).to_have_text(CORRELATION)
        await page.locator(".ds-error-page").get_by_role("link").click()
        await expect(page.locator("#list")).to_be_visible()
    async with at_home(chromium) as page:
        await page.goto(form_url(desk, "none"))
        await expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
        await page.locator("main").get_by_role("link").click()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def test_list_with_nothing_to_show_leads_on(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """An empty list says what would stand there; one that filters emptied is cleared by one click."""
    ticket = ticket_by_mail(desk, "Não vazio")
    async with at_desk(chromium, desk, administrator_state) as window:
        page = window.page
        await page.goto("/workspace")
        await page.get_by_role("searchbox", name="Filter by words").fill("palavraquenãoexiste")
        await page.keyboard.press("Enter")
        await expect(page.locator(".ds-empty")).to_be_visible()
        await page.locator(".ds-empty").get_by_role("link").click()
        await expect(page.get_by_text(ticket.title)).to_be_visible()
        await page.keyboard.press("Control+k")
        await page.keyboard.type(str(ticket.number))
        await expect(page.locator(f"#found-{ticket.number}")).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(page.locator(".ds-head h1")).to_contain_text(ticket.title)
