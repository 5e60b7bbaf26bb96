"""People at browsers, on a running desk: staff who are signed in, customers on their phones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import uuid4

from playwright.async_api import Browser, Page, StorageState, expect

from tests.browser.looking import Open, Size, opened
from tests.e2e.desk import Desk, mail

#: What a busy machine may take until a page shows what was done elsewhere.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)


class Account(NamedTuple):
    address: str
    password: str


class Ticket(NamedTuple):
    number: int
    title: str
    sender: str


def unique(words: str) -> str:
    return f"{words} {uuid4().hex[:8]}"


def account(desk: Desk, *command: str) -> Account:
    """What the command line prints for somebody of staff."""
    return Account(*desk.command(*command).stdout.split()[-2:])


def ticket_by_mail(desk: Desk, words: str, text: str = "Bom dia, preciso de ajuda.", box: str = "support") -> Ticket:
    """A customer wrote, and the ticket is there."""
    title, sender = unique(words), f"ana-{uuid4().hex[:8]}@cliente.example"
    desk.send(mail(f"Ana Torres <{sender}>", desk.mailbox(box), title, text), sender, desk.mailbox(box))
    return Ticket(desk.wait_for_item(title)["number"], title, sender)


def request_link(desk: Desk, ticket: Ticket) -> str:
    """The signed link of the acknowledgement."""
    acknowledged = desk.wait_for_mail(ticket.sender, f"[#{ticket.number}]")[0]
    return next(link for link in acknowledged.links if "/portal/requests/" in link)


async def sign_in(page: Page, who: Account) -> None:
    """Fill in the sign-in page that is open, and send it."""
    await page.get_by_label("E-mail").fill(who.address)
    await page.get_by_label("Password").fill(who.password)
    await page.get_by_role("button", name="Sign in").click()


@asynccontextmanager
async def at_desk(
    chromium: Browser, desk: Desk, state: StorageState | None, size: Size = "desk", **options: Any
) -> AsyncIterator[Open]:
    """A window of somebody of staff; addresses are relative to the first gateway."""
    async with opened(chromium, size, storage_state=state, base_url=desk.gateways[0], **options) as window:
        window.page.set_default_timeout(PATIENCE_MS)
        yield window


@asynccontextmanager
async def at_home(chromium: Browser, size: Size = "phone", **options: Any) -> AsyncIterator[Page]:
    """A customer's window."""
    async with opened(chromium, size, **options) as window:
        window.page.set_default_timeout(PATIENCE_MS)
        yield window.page


async def mark(page: Page, selector: str) -> None:
    """Remember just this element: what replaces it does not carry the mark."""
    await page.locator(selector).evaluate("element => { element.marked = true; }")


async def is_marked(page: Page, selector: str) -> bool:
    return bool(await page.locator(selector).evaluate("element => element.marked === true"))
