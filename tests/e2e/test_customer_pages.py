"""Customers on their phones, with JavaScript and without: the form keeps what was typed, the link opens the request."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.e2e.browsing import at_home, request_link, ticket_by_mail, unique
from tests.e2e.desk import Desk
from tests.e2e.test_portal import form_url
from tests.support.waiting import wait_for

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
FLOOR = {
    "key": "floor",
    "label": "Which floor?",
    "kind": "select",
    "required": True,
    "options": [{"key": "ground", "label": "Ground floor"}, {"key": "first", "label": "First floor"}],
}


@pytest.fixture(scope="module")
def asks_for_the_floor(desk: Desk) -> Iterator[None]:
    """The development form asks one more question, and must have its answer."""
    before = _set_fields(desk, lambda fields: [*fields, FLOOR])
    yield
    _set_fields(desk, lambda _: before)


def _set_fields(desk: Desk, change: object) -> object:
    kind = next(one for one in desk.get("/types")["items"] if one["key"] == "development")
    fields = change(kind["fields"])  # type: ignore[operator]
    saved = desk.http.patch(
        "/api/v1/types/development", json={"fields": fields}, headers={"If-Match": f'"{kind["version"]}"'}
    )
    assert saved.status_code == 200, saved.text
    return kind["fields"]


async def fill(page: Page, title: str) -> None:
    await page.get_by_label("Your name").fill("Loja 7")
    await page.get_by_label("Your e-mail").fill(f"loja-{uuid4().hex[:6]}@aquario.example")
    await page.get_by_label("What is it about?").fill(title)
    await page.get_by_label("What happened?").fill("O ecrã ficou preto.\nDesde ontem.")


@SCRIPTS
async def test_form_names_what_is_missing_and_keeps_what_was_typed(
    chromium: Browser, desk: Desk, asks_for_the_floor: None, scripts: bool
) -> None:
    """P5, P6, P11: on a phone; the refusal leads to its field, every word stays, the number is shown at once."""
    title = unique("Ecrã preto")
    async with at_home(chromium, java_script_enabled=scripts) as page:
        await page.goto(form_url(desk, "development"))
        floor = page.get_by_label("Which floor?")
        await expect(floor).to_be_visible()
        await fill(page, title)
        await page.get_by_role("button", name="Send request").click()
        summary = page.get_by_role("alert")
        await expect(summary).to_contain_text("One thing is missing")
        await expect(page.get_by_label("What is it about?")).to_have_value(title)
        await expect(page.get_by_label("What happened?")).to_have_value("O ecrã ficou preto.\nDesde ontem.")
        await expect(page.get_by_label("Your name")).to_have_value("Loja 7")
        await expect(floor).to_have_attribute("aria-invalid", "true")
        await summary.get_by_role("link").click()
        await expect(floor).to_be_in_viewport()
        assert desk.find(title) == []
        await floor.select_option(label="First floor")
        await page.get_by_role("button", name="Send request").click()
        item = desk.wait_for_item(title)
        await expect(page.locator("main")).to_contain_text(f"#{item['number']}")
    assert item["fields"]["floor"] == "first"


@SCRIPTS
async def test_twice_clicked_is_one_request(chromium: Browser, desk: Desk, scripts: bool) -> None:
    """P6, R4: a hasty second click is the same request with the same number."""
    title = unique("Duas vezes")
    async with at_home(chromium, java_script_enabled=scripts) as page:
        await page.goto(form_url(desk, "request"))
        await fill(page, title)
        await page.get_by_role("button", name="Send request").dblclick(no_wait_after=True)
        item = desk.wait_for_item(title)
        await expect(page.locator("main")).to_contain_text(f"#{item['number']}")
    assert len(desk.find(title)) == 1


@SCRIPTS
async def test_request_is_read_and_answered_by_its_link(chromium: Browser, desk: Desk, scripts: bool) -> None:
    """P14: on a phone, without signing in; an empty answer is named, a good one stands in the conversation."""
    ticket, words = ticket_by_mail(desk, "Pela ligação"), unique("Reiniciei")
    desk.post(f"/items/{ticket.number}/messages", {"text": "Pode reiniciar?", "public": True})
    link = request_link(desk, ticket)
    wait_for(lambda: desk.messages(ticket.number)[-1]["text"] == "Pode reiniciar?", "the reply")
    async with at_home(chromium, java_script_enabled=scripts) as page:
        await page.goto(link)
        await expect(page.get_by_role("heading", level=1)).to_have_text(ticket.title)
        await expect(page.locator(".ds-said[data-by=staff]")).to_contain_text("Pode reiniciar?")
        await page.get_by_role("button", name="Send answer").click()
        await expect(page.locator("#answer-error")).to_contain_text("Write something")
        await page.get_by_label("Your answer").fill(words)
        await page.get_by_role("button", name="Send answer").click()
        await expect(page.get_by_text(words)).to_be_visible()
        await expect(page.get_by_label("Your answer")).to_have_value("")
        await page.goto(link[:-3] + "xyz")
        await expect(page.get_by_role("heading", level=1)).to_have_text("This link does not open a request")
    assert words in [message["text"].strip() for message in desk.messages(ticket.number)]


async def test_broken_picture_gives_way_to_its_sign(chromium: Browser, desk: Desk) -> None:
    """P14: a file that says it is a picture and cannot be shown stands there as a file, not as a hole."""
    ticket = ticket_by_mail(desk, "Foto")
    picture = FilePayload(name="bomba.jpg", mimeType="image/jpeg", buffer=b"\xff\xd8\xff\xe0 not a picture after all")
    async with at_home(chromium) as page:
        await page.goto(request_link(desk, ticket))
        await page.get_by_label("Your answer").fill("Segue a foto.")
        await page.locator("input[type=file]").set_input_files(picture)
        await page.get_by_role("button", name="Send answer").click()
        shown = page.locator(".ds-files").get_by_role("link", name="bomba.jpg")
        await expect(shown.locator(".ds-icon")).to_be_visible()
        await expect(shown.locator("img")).to_have_count(0)
