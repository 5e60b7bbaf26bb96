"""Pictures of a real desk, for the README: the demonstration day played through its doors, then a look at each page.

make screenshots        (python -m tests.browser.screenshots [FOLDER])

It starts a desk of its own in a folder of its own, and ends it.
"""

import asyncio
import sys
import tempfile
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, StorageState, async_playwright, expect

from tests.browser.conftest import CHROMIUM_OPTIONS, chromium_path
from tests.browser.looking import Open, Size, Theme, opened
from tests.e2e.browsing import account, sign_in
from tests.e2e.conftest import running_desk
from tests.e2e.desk import ROOT, Desk

FOLDER = ROOT / "docs" / "screenshots"
SIZES: tuple[Size, ...] = ("desk", "phone")
LOOKS: tuple[tuple[Size, Theme], ...] = (("desk", "light"), ("phone", "light"), ("desk", "dark"))
#: The ticket that is shown: it has replies, a note, a held message, an automatic reply.
SHOWN = "Internet cai a cada 10 minutos"
#: What staff did on the day besides writing.
DONE: tuple[tuple[str, dict[str, object]], ...] = (
    (SHOWN, {"status": "in_progress", "priority": "urgent", "tags": ["Fibra"], "assignee": "rita"}),
    ("SIN SERVICIO - urgente", {"status": "in_progress", "priority": "urgent", "assignee": "rita"}),
    ("Static IP for the new office", {"status": "waiting", "assignee": "rita"}),
    ("La bomba del acuario grande hace ruido", {"status": "solved"}),
    ("Fibra muy lenta por las tardes", {"status": "in_progress", "tags": ["Fibra"], "assignee": "ines"}),
    ("Fatura de Outubro cobrada duas vezes", {"status": "waiting", "priority": "low", "assignee": "ines"}),
    ("Caixa registadora não liga", {"status": "on_hold", "priority": "high"}),
    ("Quiero darme de baja", {"priority": "low", "assignee": "ines"}),
    ("Label printer prints blank labels", {"status": "in_progress"}),
    ("Rack switch dead and line flapping", {"priority": "high"}),
)


def play_the_day(desk: Desk) -> None:
    """The day is over, and staff have done what they do."""
    desk.command("demo", "--seconds", "25")
    staff = {agent["address"].partition("@")[0]: agent["id"] for agent in desk.get("/agents")["items"]}
    with desk.client(desk.new_token("Rita Almeida")) as rita:
        for title, values in DONE:
            named = dict(values)
            if "assignee" in named:
                named["assignee"] = staff[str(named["assignee"])]
            item = desk.wait_for_item(title)
            tag = {"If-Match": f'"{item["version"]}"'}
            changed = rita.patch(f"/api/v1/items/{item['number']}", json=named, headers=tag)
            assert changed.status_code == 200, f"{title}: {changed.text}"


async def take(page: Page, folder: Path, name: str, size: Size, theme: Theme) -> None:
    """A picture of the page as it is, once its letters are there."""
    await page.evaluate("document.fonts.ready")
    await page.mouse.move(0, 0)
    suffix = ("-phone" if size == "phone" else "") + ("-dark" if theme == "dark" else "")
    await page.screenshot(path=folder / f"{name}{suffix}.png")


def looked_at(browser: Browser, size: Size, theme: Theme, **options: Any) -> AbstractAsyncContextManager[Open]:
    """A window; a phone's has two dots for one, as phones have."""
    return opened(browser, size, theme, device_scale_factor=2 if size == "phone" else 1, **options)


async def of_the_door(browser: Browser, desk: Desk, folder: Path) -> None:
    """The sign-in page, before anybody is."""
    for size in SIZES:
        async with looked_at(browser, size, "light") as window:
            await window.page.goto(f"{desk.gateways[0]}/workspace/sign-in")
            await take(window.page, folder, "sign-in", size, "light")


async def of_staff(browser: Browser, desk: Desk, folder: Path) -> None:
    """List, ticket, note, held messages, quarantine."""
    rita = account(desk, "admin", "reset-password", f"rita@{desk.mail_domain}")
    number = desk.wait_for_item(SHOWN)["number"]
    quarantined = desk.get("/quarantine")["items"][-1]["id"]
    state: StorageState | None = None
    for size, theme in LOOKS:
        async with looked_at(browser, size, theme, base_url=desk.gateways[0], storage_state=state) as window:
            page = window.page
            if state is None:
                await page.goto("/workspace/sign-in")
                await sign_in(page, rita)
                await page.wait_for_url("**/workspace")
                state = await page.context.storage_state()
            await page.goto("/workspace")
            await take(page, folder, "list", size, theme)
            await page.get_by_role("link", name=SHOWN).click()
            await expect(page.locator(".ds-held")).to_be_visible()
            await page.locator(".ds-note").scroll_into_view_if_needed()
            await take(page, folder, "ticket", size, theme)
            if theme == "dark":
                continue
            await page.goto(f"/workspace/items/{number}")
            await page.keyboard.press("n")
            await page.keyboard.type("É a mesma caixa do #14. O Tomás leva uma fonte nova.")
            await take(page, folder, "ticket-note", size, theme)
            await page.goto("/workspace/held")
            await take(page, folder, "held", size, theme)
            await page.goto(f"/workspace/quarantine/{quarantined}" if size == "desk" else "/workspace/quarantine")
            await take(page, folder, "quarantine", size, theme)


async def of_customers(browser: Browser, desk: Desk, folder: Path) -> None:
    """The form as it is refused, and a request by the link of its mail."""
    mails = desk.sent("marta.silva@clinicasorriso.example")
    link = next(link for mail in reversed(mails) for link in mail.links if "/portal/requests/" in link)
    portal = str(desk.status["urls"]["portal"]).rstrip("/")
    for size in SIZES:
        async with looked_at(browser, size, "light") as window:
            page = window.page
            await page.goto(portal)
            await take(page, folder, "portal", size, "light")
            await page.goto(f"{portal}/forms/hardware")
            await page.get_by_label("What is it about?").fill("Aquecedor do aquário 4 parado")
            await page.get_by_label("What happened?").fill("A água está a 19 graus e a descer.")
            await page.get_by_label("Your name").fill("Loja Coimbra")
            await page.get_by_role("button", name="Send request").click()
            await expect(page.get_by_role("alert")).to_be_visible()
            await take(page, folder, "portal-form", size, "light")
            await page.goto(link)
            await take(page, folder, "request", size, "light")


async def take_all(desk: Desk, folder: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*CHROMIUM_OPTIONS])
        await of_the_door(browser, desk, folder)
        await of_staff(browser, desk, folder)
        await of_customers(browser, desk, folder)
        await browser.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="deskstream-pictures-") as home, running_desk(Path(home)) as desk:
        picture(desk, folder)


def picture(desk: Desk, folder: Path) -> None:
    """The day was played on a fresh desk, and each page's picture lies in the folder."""
    play_the_day(desk)
    asyncio.run(take_all(desk, folder))
    desk.http.close()


if __name__ == "__main__":
    main()
