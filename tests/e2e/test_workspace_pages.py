"""Staff at a real browser on a real desk: what they see, what they do, and that it moves by itself."""

import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, StorageState, expect

from tests.browser.looking import Open
from tests.e2e.browsing import (
    Account,
    Ticket,
    account,
    at_desk,
    at_home,
    is_marked,
    mark,
    request_link,
    sign_in,
    ticket_by_mail,
    unique,
)
from tests.e2e.desk import Desk, mail
from tests.support.waiting import wait_for


async def open_ticket(window: Open, ticket: Ticket) -> Page:
    await window.page.goto(f"/workspace/items/{ticket.number}")
    await expect(window.page.locator(".ds-head h1")).to_contain_text(ticket.title)
    return window.page


def row_of(desk: Desk, ticket: Ticket) -> str:
    return f"#row-{desk.item(ticket.number)['id']}"


async def test_administrator_signs_in(chromium: Browser, desk: Desk, administrator: Account) -> None:
    """Whoever is not signed in is led to the door and then to where they went; a wrong password says so, no more."""
    async with at_desk(chromium, desk, None) as window:
        page = window.page
        await page.goto("/workspace/quarantine")
        await sign_in(page, Account(administrator.address, "wrong"))
        await expect(page.get_by_role("alert")).to_contain_text("do not fit together")
        await expect(page.get_by_label("E-mail")).to_have_value(administrator.address)
        await sign_in(page, administrator)
        await expect(page.get_by_role("heading", name="Quarantine")).to_be_visible()
        await page.locator(".ds-me > button").first.click()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        await page.goto("/workspace")
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_list_moves_by_itself_row_by_row(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """P40, B11: a change elsewhere replaces its row alone; a new ticket waits in the bar; nothing is loaded again."""
    changed, other = ticket_by_mail(desk, "Muda"), ticket_by_mail(desk, "Fica")
    async with at_desk(chromium, desk, administrator_state) as window:
        page = window.page
        await page.goto("/workspace")
        rows = [row_of(desk, one) for one in (changed, other)]
        for selector in (*rows, "body"):
            await mark(page, selector)
        assert desk.change(changed.number, {"priority": "urgent"}).status_code == 200
        await expect(page.locator(f"{rows[0]} [aria-label='Urgent priority']")).to_be_visible()
        assert not await is_marked(page, rows[0]), "the changed row was replaced"
        assert await is_marked(page, rows[1]), "the other row was left alone"
        fresh = ticket_by_mail(desk, "Chega agora")
        await expect(page.locator("[data-new]")).to_have_text(re.compile(r"Show \d+ new"))
        await expect(page.get_by_text(fresh.title)).to_have_count(0)
        assert await is_marked(page, "body"), "the page was not loaded again"
        await page.locator("[data-new]").click()
        await expect(page.get_by_text(fresh.title)).to_be_visible()
        assert window.complaints == []


async def test_list_holds_just_what_its_filter_asks_for(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """P67: by status, assignee, team, organisation and words: the one that fits is there, the other is not."""
    wanted, other = ticket_by_mail(desk, "Procurado", box="hardware"), unique("Outro")
    stranger, box = f"rui@outra-{uuid4().hex[:8]}.example", desk.mailbox("support")
    desk.send(mail(stranger, box, other, "Olá"), stranger, box)
    left_out = f"#row-{desk.wait_for_item(other)['id']}"
    assigned = wait_for(lambda: (item := desk.item(wanted.number))["assignee"] and item, "the rule's assignee")
    assert desk.change(wanted.number, {"status": "in_progress"}).status_code == 200
    filters = {
        "status": "in_progress",
        "assignee": assigned["assignee"]["id"],
        "team": "hardware",
        "organisation": assigned["organisation"]["id"],
        "q": wanted.title,
    }
    async with at_desk(chromium, desk, administrator_state) as window:
        page = window.page
        await page.goto("/workspace")
        await expect(page.locator(left_out)).to_be_visible()
        for name, value in filters.items():
            await page.goto(f"/workspace?{urlencode({name: value})}")
            await expect(page.locator(row_of(desk, wanted)), name).to_be_visible()
            await expect(page.locator(left_out), name).to_have_count(0)
        assert window.complaints == []


@pytest.mark.parametrize("place", ["/workspace", "/workspace/items/{}"])
async def test_open_page_asks_for_nothing_until_something_happens(
    chromium: Browser, desk: Desk, administrator_state: StorageState, place: str
) -> None:
    """B11: ten quiet minutes cost the desk no request of an open page; a change costs it one at once."""
    ticket = ticket_by_mail(desk, "Sossego")
    desk.wait_for_mail(ticket.sender, f"[#{ticket.number}]")
    async with at_desk(chromium, desk, administrator_state) as window:
        page, asked = window.page, list[str]()
        await page.clock.install()
        await page.goto(place.format(ticket.number))
        await expect(page.get_by_text(ticket.title).first).to_be_visible()
        page.on("request", lambda request: asked.append(request.url))
        await page.clock.run_for(600_000)
        assert await page.evaluate("document.readyState") == "complete"
        assert [url for url in asked if "/workspace" in url] == []
        async with page.expect_request(re.compile(r"/workspace/(rows|items/\d+/changed)")):
            await page.clock.resume()
            assert desk.change(ticket.number, {"priority": "urgent"}).status_code == 200


async def test_reply_and_note_are_clearly_different_things(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """P28, P31, R7: by keys alone; four signs tell the note apart, and only the reply reaches the customer."""
    ticket, canary = ticket_by_mail(desk, "Resposta e nota"), f"canary{uuid4().hex}"
    async with at_desk(chromium, desk, administrator_state) as window:
        page = await open_ticket(window, ticket)
        composer = page.locator("#composer")
        await page.keyboard.press("r")
        await expect(page.get_by_label("Reply to the customer")).to_be_focused()
        await page.keyboard.type("Já vamos ver.")
        public_ground = await composer.evaluate("form => getComputedStyle(form).backgroundColor")
        await page.keyboard.press("Control+Enter")
        reply = page.locator("[data-kind=staff]", has_text="Já vamos ver.")
        await expect(reply).to_contain_text("Public reply")
        await expect(page.get_by_label("Reply to the customer")).to_have_value("")
        await page.keyboard.press("Escape")
        await page.keyboard.press("n")
        await expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()
        await expect(page.get_by_role("button", name="Add note")).to_be_visible()
        await expect(page.get_by_role("button", name="Send reply")).to_be_hidden()
        assert await composer.evaluate("form => getComputedStyle(form).backgroundColor") != public_ground
        await page.keyboard.type(f"Só nós: {canary}")
        await page.get_by_role("button", name="Add note").click()
        note = page.locator(".ds-note", has_text=canary)
        await expect(note).to_contain_text("Internal note · the customer cannot see this")
        await expect(note.locator("header svg")).to_be_visible()
        assert await note.evaluate("note => getComputedStyle(note).borderTopStyle") == "dashed"
        assert await reply.locator(".ds-body").evaluate("body => getComputedStyle(body).borderTopStyle") == "solid"
        assert window.complaints == []
    desk.wait_for_mail(ticket.sender, "Já vamos ver.")
    assert not any(canary.encode() in sent.raw for sent in desk.sent())


async def test_fields_change_at_once_and_history_says_who_and_why(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """P36, P37, P39, R11: status, assignee, priority by their menus, with undo; history names people and rules."""
    ticket = ticket_by_mail(desk, "Campos", box="hardware")
    wait_for(lambda: desk.item(ticket.number)["assignee"], "the rule's assignee")
    async with at_desk(chromium, desk, administrator_state) as window:
        page = await open_ticket(window, ticket)
        await page.keyboard.press("s")
        await page.locator("#pick-status").get_by_role("button", name="In progress").click()
        await expect(page.locator("[popovertarget=pick-status]")).to_contain_text("In progress")
        await page.locator("[popovertarget=pick-priority]").click()
        await page.locator("#pick-priority").get_by_role("button", name="High").click()
        await expect(page.locator("[popovertarget=pick-priority]")).to_contain_text("High")
        await page.locator("[popovertarget=pick-assignee]").click()
        await page.keyboard.type("myself")
        await page.keyboard.press("Enter")
        await expect(page.locator("[popovertarget=pick-assignee]")).to_contain_text("Administrator")
        await page.locator("#toasts").get_by_text("assigned to Administrator").wait_for()
        await page.locator("#toasts").get_by_role("button", name="Undo").last.click()
        await expect(page.locator("[popovertarget=pick-assignee]")).not_to_contain_text("Administrator")
        history = page.locator("#t-history")
        await history.locator("summary").click()
        await expect(history).to_contain_text("Administrator set status to In progress")
        await expect(history).to_contain_text("Rule Hardware to the hardware team assigned")
        await history.get_by_role("link", name="Why?").first.click()
        why = page.get_by_role("dialog")
        await expect(why.locator("li", has_text="Hardware to the hardware team").first).to_contain_text("Fired")
        await page.keyboard.press("Escape")
        await expect(why).to_be_hidden()
        assert window.complaints == []
    item = desk.item(ticket.number)
    assert (item["status"], item["priority"]) == ("in_progress", "high")


async def test_second_of_two_agents_sees_both_values(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """R18: nothing is overwritten unseen; the second decides with both values before them."""
    ticket = ticket_by_mail(desk, "Dois agentes")
    async with at_desk(chromium, desk, administrator_state) as window:
        page = await open_ticket(window, ticket)
        await page.route("**/changed?*", lambda route: route.abort())  # what the other does is not seen here yet
        assert desk.change(ticket.number, {"status": "on_hold"}).status_code == 200
        await page.locator("[popovertarget=pick-status]").click()
        await page.locator("#pick-status").get_by_role("button", name="In progress").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("end-to-end")
        await expect(dialog).to_contain_text("On hold")
        await expect(dialog).to_contain_text("In progress")
        assert desk.item(ticket.number)["status"] == "on_hold"
        await page.unroute("**/changed?*")
        await dialog.get_by_role("button", name="Save mine").click()
        await expect(page.locator("[popovertarget=pick-status]")).to_contain_text("In progress")
    assert desk.item(ticket.number)["status"] == "in_progress"


async def test_customers_words_appear_while_a_reply_is_written(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """What an agent types is not touched by what arrives; they are told of it before they send."""
    ticket = ticket_by_mail(desk, "Escreve ao mesmo tempo")
    async with at_desk(chromium, desk, administrator_state) as window:
        page = await open_ticket(window, ticket)
        field = page.get_by_label("Reply to the customer")
        await field.fill("Vou já")
        again = mail(ticket.sender, desk.mailbox("support"), f"Re: [#{ticket.number}]", "Já funciona!")
        desk.send(again, ticket.sender, desk.mailbox("support"))
        await expect(page.locator("[data-kind=customer]", has_text="Já funciona!")).to_be_visible()
        await expect(page.locator("#composer-notice")).to_contain_text("Ana Torres wrote meanwhile")
        await expect(field).to_have_value("Vou já")


async def test_held_message_is_accepted_or_split_by_a_click(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """R2: a stranger's message waits, says why, and joins the conversation when staff say so."""
    ticket, stranger = ticket_by_mail(desk, "Retido"), f"vizinho-{uuid4().hex[:8]}@outra.example"
    received = desk.wait_for_mail(ticket.sender, f"[#{ticket.number}]")[0]
    words = unique("Sou o vizinho")
    box = desk.mailbox("support")
    desk.send(mail(stranger, box, "Re: visita", words, In_Reply_To=received.message_id), stranger, box)
    async with at_desk(chromium, desk, administrator_state) as window:
        page = await open_ticket(window, ticket)
        held = page.locator(".ds-held", has_text=words)
        await expect(held).to_contain_text("Nobody has been told of it")
        await page.goto("/workspace/held")
        await expect(page.locator(".ds-held", has_text=words)).to_be_visible()
        await open_ticket(window, ticket)
        await held.get_by_role("button", name="Accept").click()
        await expect(page.locator("[data-kind=customer]", has_text=words)).to_be_visible()
        await expect(held).to_have_count(0)
        await expect(page.locator("#t-people")).to_contain_text(stranger)
        assert window.complaints == []
    desk.wait_for_mail(ticket.sender, words)


async def test_quarantined_mail_becomes_a_ticket_by_a_click(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """R3: a mail that could not be read stands in quarantine at once, says why, and is not lost."""
    subject, sender = unique("Para ninguém"), f"p{uuid4().hex[:6]}@cliente.example"
    async with at_desk(chromium, desk, administrator_state) as window:
        page = window.page
        await page.goto("/workspace/quarantine")
        nobody = f"vendas@{desk.mail_domain}"
        desk.send(mail(sender, nobody, subject, "Olá"), sender, nobody)
        await expect(page.locator(".ds-place[data-place=quarantine] b")).not_to_be_empty()

        async def listed() -> bool:
            await page.reload()
            return await page.get_by_role("link", name=subject).count() > 0

        for _ in range(100):
            if await listed():
                break
        letter = page.locator(".ds-letter", has_text=subject)
        await expect(letter).to_contain_text("none of our mailboxes")
        await letter.get_by_role("link", name=subject).click()
        await page.get_by_role("button", name="Create ticket").click()
        await expect(page.locator(".ds-head h1")).to_contain_text(subject)
        assert window.complaints == []


async def test_request_by_telephone_is_registered(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """P4, P36: staff make a ticket for somebody; what is missing is named and what was typed stays."""
    title = unique("Ligou a loja")
    async with at_desk(chromium, desk, administrator_state) as window:
        page = window.page
        await page.goto("/workspace")
        await page.keyboard.press("c")
        await expect(page.get_by_role("heading", name="Create ticket")).to_be_visible()
        await page.get_by_label("Subject").fill(title)
        await page.locator("main form").get_by_role("button", name="Create ticket").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_label("Subject")).to_have_value(title)
    assert desk.find(title) == []


async def test_request_page_of_the_customer_follows_staff(
    chromium: Browser, desk: Desk, administrator_state: StorageState
) -> None:
    """P14, P31, R7: both windows open: the public reply appears at the customer's by itself, the note never."""
    ticket, canary, words = ticket_by_mail(desk, "Ao vivo"), f"canary{uuid4().hex}", unique("Passamos às 14:00")
    link = request_link(desk, ticket)
    async with (
        at_desk(chromium, desk, administrator_state) as staff,
        at_home(chromium) as customer,
    ):
        await customer.goto(link)
        await mark(customer, "body")
        page = await open_ticket(staff, ticket)
        await page.keyboard.press("n")
        await page.keyboard.type(canary)
        await page.get_by_role("button", name="Add note").click()
        await expect(page.locator(".ds-note", has_text=canary)).to_be_visible()
        await page.keyboard.press("r")
        await page.keyboard.type(words)
        await page.keyboard.press("Control+Enter")
        await expect(customer.locator(".ds-said[data-by=staff]", has_text=words)).to_be_visible()
        assert await is_marked(customer, "body"), "the page was not loaded again"
        assert canary not in await customer.content()
        await customer.get_by_label("Your answer").fill("Obrigada, até logo.")
        await customer.get_by_role("button", name="Send answer").click()
        await expect(customer.get_by_role("status").first).to_contain_text("We have your answer")
        await expect(page.locator("[data-kind=customer]", has_text="até logo")).to_be_visible()


async def test_new_ticket_begins_with_the_type_of_ones_own_team(chromium: Browser, desk: Desk) -> None:
    """P5: whoever takes calls for a team does not choose its type each time."""
    team = next(team for team in desk.get("/teams")["items"] if team["key"] == "hardware")
    agent = next(agent for agent in desk.get("/agents")["items"] if agent["id"] in team["members"])
    async with at_desk(chromium, desk, None) as window:
        await window.page.goto("/workspace/sign-in")
        await sign_in(window.page, account(desk, "admin", "reset-password", agent["address"]))
        await window.page.wait_for_url("**/workspace")
        await window.page.goto("/workspace/new")
        await expect(window.page.get_by_label("Type")).to_have_value("hardware")
        await expect(window.page.get_by_label("Team")).to_have_value("hardware")
