"""What customers read on their request pages when all is over."""

import asyncio
import itertools
import time
from pathlib import Path

from tests.chaos.checker.gather import HISTORY
from tests.chaos.checker.seen import Page
from tests.chaos.history import Kind, read_history
from tests.chaos.load import Load

PAGES = 40
PAGE_SECONDS = 20.0


async def read_pages(home: Path, load: Load) -> dict[str, Page]:
    """Request pages of customers by their links, first of those on whose items there are notes.

    Args:
        home: of the desk; the clients' journal lies in ``evidence``.
        load: whose customers have the links.
    """
    inputs = read_history(home / "evidence" / HISTORY).values()
    noted = {str(each.facts["begun_by"]) for each in inputs if each.kind is Kind.NOTE}
    linked = [thread for thread in load.threads.by_address.values() if thread.link]
    threads = sorted(linked, key=lambda thread: thread.op not in noted)[:PAGES]
    shown = await asyncio.gather(*(_page(load, thread.link) for thread in threads))
    return {thread.link: Page(thread.op, text) for thread, text in zip(threads, shown, strict=True)}


async def _page(load: Load, link: str) -> str | None:
    """What a page shows, by any door; it is asked for again for a while, as its reader would."""
    deadline = time.monotonic() + PAGE_SECONDS
    for door in itertools.cycle(load.entrance.http):
        text = await load.web.page(door, link)
        if text is not None or time.monotonic() > deadline:
            return text
        await asyncio.sleep(0.5)
    return None
