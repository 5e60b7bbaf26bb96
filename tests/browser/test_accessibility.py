"""E18: every page is free of what axe-core finds, in both themes, at desk and at phone width."""

import pytest
from playwright.async_api import Browser

from tests.browser import sample_portal, sample_workspace
from tests.browser.looking import Size, Theme, opened, violations

PAGES = (*sample_portal.pages(), *sample_workspace.pages())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_pages_have_no_violations(
    chromium: Browser, preview: str, axe_source: str, size: Size, theme: Theme
) -> None:
    """E18: WCAG 2.2 AA and best practice, on every page; and nothing that the security policy has to forbid."""
    found: dict[str, list[str]] = {}
    async with opened(chromium, size, theme) as window:
        for path in PAGES:
            await window.page.goto(f"{preview}{path}")
            await window.page.evaluate("document.fonts.ready")
            found[path] = await violations(window.page, axe_source)
            found[path] += window.complaints
            window.complaints.clear()
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_pages_do_not_scroll_sideways(chromium: Browser, preview: str, size: Size) -> None:
    """E18: no page is wider than its window: what is long is cut, wraps, or scrolls within itself."""
    wide = []
    async with opened(chromium, size) as window:
        for path in PAGES:
            await window.page.goto(f"{preview}{path}")
            if await window.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append(path)
    assert wide == []
