"""E18: the ticket page by keys alone: what is typed in a field is text, everywhere else a single key acts."""

from playwright.async_api import Browser, expect

from tests.browser.looking import opened


async def test_keys_lead_from_note_to_reply_and_out(chromium: Browser, preview: str) -> None:
    """P74: N and R choose what is written, also from a button; in a field they are letters; Escape leaves it."""
    async with opened(chromium) as window:
        page = window.page
        await page.goto(f"{preview}/workspace/items/4821")
        note = page.get_by_role("textbox", name="Internal note")
        reply = page.get_by_role("textbox", name="Reply to the customer")
        await page.keyboard.press("n")
        await expect(note).to_be_focused()
        await page.keyboard.type("rnas")
        await expect(note).to_have_value("rnas")
        await page.get_by_role("button", name="Add note").focus()
        await page.keyboard.press("r")
        await expect(reply).to_be_focused()
        await expect(reply).to_have_value("")
        await page.keyboard.press("Escape")
        await expect(reply).not_to_be_focused()
        await page.keyboard.press("s")
        await expect(page.locator("#pick-status")).to_be_visible()
        await page.keyboard.press("n")
        await expect(page.locator("#pick-status")).to_be_visible()
        await expect(reply).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("[popovertarget=pick-status]")).to_be_focused()
        await page.keyboard.press("?")
        await expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("n")
        await expect(note).to_have_value("rnas")
        assert window.complaints == []
