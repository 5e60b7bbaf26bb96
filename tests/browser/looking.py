"""Pages opened as a person would: sizes, themes, and what axe finds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.async_api import Browser, Page

Size = Literal["desk", "phone"]
Theme = Literal["light", "dark"]
VIEWPORTS: dict[Size, tuple[int, int]] = {"desk": (1440, 900), "phone": (390, 844)}
#: What WCAG 2.2 AA and good practice ask for.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_AXE = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']});
  const told = n => n.target.join(' ') + ' | ' + n.failureSummary;
  return found.violations.map(v => `${v.id}: ${v.nodes.map(told).join(' ;; ')}`);
}"""


@dataclass
class Open:
    """A page with what the browser complained of since it was opened."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@asynccontextmanager
async def opened(chromium: Browser, size: Size = "desk", theme: Theme = "light", **options: Any) -> AsyncIterator[Open]:
    """A fresh browser window; everything that the browser complains of is kept."""
    width, height = VIEWPORTS[size]
    context = await chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        locale="en-GB",
        timezone_id="Europe/Lisbon",
        reduced_motion="reduce",
        has_touch=size == "phone",
        **options,
    )
    page = await context.new_page()
    window = Open(page)
    page.on("pageerror", lambda error: window.complaints.append(str(error)))
    page.on("console", lambda said: _keep(window, said.type, said.text))
    try:
        yield window
    finally:
        await context.close()


async def violations(page: Page, axe_source: str) -> list[str]:
    """What axe finds wrong with the page as it is now."""
    await page.evaluate(axe_source)
    found: list[str] = await page.evaluate(_RUN_AXE, TAGS)
    return found


def _keep(window: Open, kind: str, text: str) -> None:
    # The browser also tells of every answer above 399; pages of errors are looked at on purpose.
    if kind == "error" and not text.startswith("Failed to load resource"):
        window.complaints.append(text)
