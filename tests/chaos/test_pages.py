"""Which pages of customers are read, and by which door."""

from pathlib import Path

from tests.chaos.checker.gather import HISTORY
from tests.chaos.checker.seen import Page
from tests.chaos.doors import Place, Web
from tests.chaos.history import History, Kind, seeded
from tests.chaos.load import Doors, Load
from tests.chaos.pages import PAGES, read_pages
from tests.chaos.threads import Thread


class HalfShut(Web):
    """Clients of a desk with two doors, of which one shows nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def page(self, door: Place, path: str) -> str | None:
        self.asked.append(door.link)
        return f"page {path}" if door.link == "open" else None


async def test_pages_with_notes_are_read_first_and_by_another_door_where_one_is_shut(tmp_path: Path) -> None:
    """So many at most; a customer without a link has none; a page that is not shown is asked for again."""
    noted, web = f"mk{PAGES + 4:010}", HalfShut()
    history = History(tmp_path / "evidence" / HISTORY)
    history.begin("mkbbbbbbbbbb", Kind.NOTE, {"begun_by": noted})
    load = Load(Doors([], [Place("shut", 1), Place("open", 2)], "desk.example"), web, history, seeded(7), rate=1)
    for number in range(PAGES + 5):
        address, link = f"c{number}@kunde.example", f"/{number}"
        load.threads.add(Thread(f"mk{number:010}", address, "C", "support@desk.example", link=link))
    load.threads.add(Thread("mkaaaaaaaaaa", "new@kunde.example", "C", "support@desk.example"))
    pages = await read_pages(tmp_path, load)
    await web.close()
    history.close()
    assert len(pages) == PAGES
    assert pages[f"/{PAGES + 4}"] == Page(noted, f"page /{PAGES + 4}")
    assert None not in {page.text for page in pages.values()}
    assert sorted(web.asked) == ["open"] * PAGES + ["shut"] * PAGES
