"""P39: a menu opens beside what opened it, inside the window, and gives the focus back."""

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.looking import VIEWPORTS, Size, opened

#: How far from its opener a menu may stand.
GAP = 8
PAGES = ("/workspace", "/workspace/items/4821")


async def box_of(element: Locator) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    box = await element.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("path", PAGES)
async def test_menus_open_beside_their_openers(chromium: Browser, preview: str, path: str, size: Size) -> None:
    """P39: under its opener, or above it where there is no room; closed by Escape, the opener has the focus."""
    width, height = VIEWPORTS[size]
    seen = 0
    async with opened(chromium, size) as window:
        await window.page.goto(f"{preview}{path}")
        for opener in await window.page.locator("[popovertarget]").all():
            if not await opener.is_visible():
                continue
            await opener.click()
            menu = window.page.locator(f"#{await opener.get_attribute('popovertarget')}")
            await expect(menu).to_be_visible()
            left, top, right, bottom = await box_of(menu)
            _, opener_top, _, opener_bottom = await box_of(opener)
            assert min(left, top, width - right, height - bottom) >= 0, await menu.inner_text()
            assert min(abs(top - opener_bottom), abs(opener_top - bottom)) <= GAP, await menu.inner_text()
            await window.page.keyboard.press("Escape")
            await expect(opener).to_be_focused()
            seen += 1
    assert seen >= 3


async def test_hasty_typing_lands_in_the_menu_that_was_opened(chromium: Browser, preview: str) -> None:
    """P39: the field has the focus when the menu is shown, so a letter typed at once is no shortcut."""
    async with opened(chromium, "desk") as window:
        await window.page.goto(f"{preview}/workspace/items/4821")
        focused = await window.page.evaluate(
            "document.getElementById('pick-assignee').showPopover(); document.activeElement.hasAttribute('data-narrow')"
        )
    assert focused
