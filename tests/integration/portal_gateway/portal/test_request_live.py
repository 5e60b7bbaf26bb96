"""A request's page, live: its reader's stream carries what the page shows, from any replica, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from uuid import uuid4

import httpx2
from selectolax.lexbor import LexborHTMLParser

from services.portal_gateway.routes.portal.live import MOST_STREAMS
from services.portal_gateway.routes.streaming import PING_SECONDS
from shared.contracts.state import ItemState, MessageState, PersonRef
from shared.contracts.tickets import ItemChanged, MessageAdded, MessageHeld
from tests.integration.portal_gateway.portal.conftest import StartSite
from tests.integration.portal_gateway.portal.site import Site
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.unit.portal_gateway.portal.builders import message, ref

RITA = ref("rita@desk.example", name="Rita Almeida", staff=True)


class Reader:
    """An open stream; `text` is every byte that came, `names` the ids of its events."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.text = ""
        self.ended = asyncio.Event()
        self._answer = answer
        self.task = asyncio.create_task(self._read())

    @property
    def names(self) -> list[str]:
        return [line[4:] for line in self.text.splitlines() if line.startswith("id: ")]

    async def _read(self) -> None:
        async for piece in self._answer.aiter_text():
            self.text += piece
        self.ended.set()

    async def until(self, words: str) -> None:
        async def there() -> bool:
            return words in unescape(self.text)

        await eventually(there, f"{words!r} on the stream")


@asynccontextmanager
async def reading(http: httpx2.AsyncClient, url: str, last_id: str = "") -> AsyncIterator[Reader]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with http.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        reader = Reader(answer)
        await reader.until("retry:")
        try:
            yield reader
        finally:
            reader.task.cancel()
            await asyncio.gather(reader.task, return_exceptions=True)


async def stream_of(site: Site, made: ItemState, who: PersonRef) -> str:
    """Where the page says that its stream is."""
    page = await site.http.get(site.link(made, who))
    talk = LexborHTMLParser(page.text).css_first("[data-live]")
    assert talk is not None
    return str(talk.attributes["data-live"])


async def say(site: Site, made: ItemState, text: str, **changes: object) -> tuple[ItemState, MessageState]:
    """Play the owner: a message of staff joins the item."""
    newer = made.model_copy(update={"version": made.version + 1})
    said = message(made, text, **{"by": "staff", "author": RITA, **changes})
    kind = MessageHeld if said.held else MessageAdded
    await site.wire.send(kind(item=newer, message=said), str(made.id), correlationid=uuid4())
    return newer, said


async def test_an_open_page_gets_what_staff_write_and_decide(site: Site) -> None:
    """P14, P32: a public message, a new status and who looks after it reach the open page as parts of it."""
    who = ref()
    made = await site.open_item(who)
    async with reading(site.http, await stream_of(site, made, who)) as reader:
        made, said = await say(site, made, "What model is it? <b>")
        await reader.until("What model is it? <b>")
        assert f'id="m-{said.id}"' in reader.text
        assert "&lt;b&gt;" in reader.text
        assert 'id="way"' not in reader.text, "what did not change is not sent again"
        newer = made.model_copy(update={"version": made.version + 1, "status": "waiting", "assignee": RITA})
        await site.wire.send(
            ItemChanged(item=newer, changes={"status": ("new", "waiting")}), str(made.id), correlationid=uuid4()
        )
        await reader.until("Rita needs an answer from you.")
        assert 'id="way"' in reader.text
        assert 'id="facts"' in reader.text
        assert reader.text.count("What model is it?") == 1


async def test_nothing_internal_moves_an_open_page(site: Site) -> None:
    """P31, R7: a note, a held message, a tag, a team: neither their words nor the moment they came are told."""
    who = ref()
    made = await site.open_item(who)
    canary, began = f"canary{uuid4().hex}", asyncio.get_running_loop().time()
    async with reading(site.http, await stream_of(site, made, who)) as reader:
        made, _ = await say(site, made, canary, public=False)
        made, _ = await say(site, made, canary, held=True, author=None)
        made = made.model_copy(update={"version": made.version + 1, "tags": (canary,), "team": canary})
        await site.wire.send(
            ItemChanged(item=made, changes={"tags": ([], [canary])}), str(made.id), correlationid=uuid4()
        )

        async def known() -> bool:
            row = await site.hosts[0].pool.fetchval("select version from item where id = $1", made.id)
            return int(row) == made.version

        await eventually(known, "the changes in the read model")
        await say(site, made, "For all to read.")
        await reader.until("For all to read.")
        assert canary not in reader.text
        assert reader.text.count("event: changed") == 1
        pings = (asyncio.get_running_loop().time() - began) // PING_SECONDS
        assert reader.text.count(": ping") <= pings, "a ping that something inside called forth tells of it"


async def test_a_reader_that_comes_back_gets_what_differs_from_any_replica(start: StartSite) -> None:
    """B11: by the name of what it has: nothing again while that is all, everything that came meanwhile else."""
    site = await start(replicas=2)
    who = ref()
    made = await site.open_item(who)
    url = await stream_of(site, made, who)
    async with reading(site.http, url) as reader:
        made, _ = await say(site, made, "First answer.")
        await reader.until("First answer.")
        last = reader.names[-1]
    made, _ = await say(site, made, "Second answer.")
    async with reading(site.clients[1], url, last) as reader:
        await reader.until("Second answer.")
        last = reader.names[-1]
    async with reading(site.http, url, last) as reader:
        await say(site, made, "Third answer.")
        await reader.until("Third answer.")
        assert "Second answer." not in reader.text


async def test_a_withdrawn_link_ends_its_stream(site: Site) -> None:
    """R19: whoever takes part no longer hears nothing more, and does not come in again."""
    who, other = ref(), ref("rui@cliente.example", nonce="8899aabbccddeeff")
    made = await site.open_item(who, followers=(other,))
    await site.open_item(other)
    url = await stream_of(site, made, other)
    async with reading(site.http, url) as reader:
        made = made.model_copy(update={"followers": ()})
        await say(site, made, "Not for Rui any more.")
        await asyncio.wait_for(reader.ended.wait(), PATIENCE_SECONDS)
        assert "Not for Rui" not in reader.text
    assert (await site.http.get(url)).status_code == 404
    assert (await site.http.get(f"/portal/requests/{'x' * 60}/events")).status_code == 404


async def test_one_link_has_few_pages_live(site: Site) -> None:
    """A link opened again and again holds a bounded part of the desk; the pages beyond work without a stream."""
    who = ref()
    made = await site.open_item(who)
    url = await stream_of(site, made, who)
    async with httpx2.AsyncClient(base_url=site.http.base_url, timeout=20) as http:
        open_ones = [reading(http, url) for _ in range(MOST_STREAMS)]
        for one in open_ones:
            await one.__aenter__()
        refused = await http.get(url)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        for one in open_ones:
            await one.__aexit__(None, None, None)

    async def free() -> bool:
        async with site.http.stream("GET", url) as answer:
            return answer.status_code == 200

    await eventually(free, "a place for another page")
