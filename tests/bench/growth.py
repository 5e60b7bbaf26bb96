"""Whether a desk gets slower as it grows: the stage's rate, lists and ticket pages with few and with very many items.

For each size the tables are filled as the services would have filled them; the real `python -m services.tickets` works
on one, the real `python -m services.portal_gateway` shows the other. Sizes take turns: rounds of the stage, and single
requests of the pages.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvloop

from deploy.local.process import free_port
from tests.bench.growth_rows import Past, checked, fill_gateway, fill_tickets, word_of
from tests.bench.place import place, running
from tests.bench.servers import Servers
from tests.bench.stage import TOPICS_OF_STAGE
from tests.bench.stage import measure as measure_stage
from tests.bench.waits import percentile
from tests.support.servers import Templates
from tests.support.waiting import eventually

Json = dict[str, Any]
SIZES, FULL_SIZES = (10_000, 100_000), (10_000, 100_000, 1_000_000)
MAILS = 3000
#: The first change of a page after a checkpoint writes the whole page into the write-ahead log. A database that was
#: just copied has changed none; after so many mails most that mails change have been, as on a desk that runs.
WARM_UP = 10_000
REQUESTS = 40
READY_SECONDS = 120.0
TOPICS_OF_GATEWAY = ("",)
#: What staff ask lists for, besides a deep page and words that one item has.
LISTS: Mapping[str, Mapping[str, str]] = {
    "all": {},
    "open": {"state": "open"},
    "a team's open": {"state": "open", "team": "hardware"},
    "last changed": {"sort": "updated", "state": "open"},
    "a status": {"status": "waiting"},
    "a tag": {"tag": "tag-7"},
    "common words": {"q": "router"},
}


@dataclass
class Size:
    """One size, filled.

    Attributes:
        templates: clones of which are databases that hold the past, by role.
        waits: seconds of each request, by what was asked.
    """

    count: int
    tickets: Templates
    gateway: Templates
    token: str
    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    log_kib: list[float] = field(default_factory=list)
    waits: dict[str, list[float]] = field(default_factory=dict)


def measure_growth(where: Servers, folder: Path, turns: int, *, full: bool) -> Json:
    """Rates and waits by size, and the ratios of the largest to the smallest."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sizes = runner.run(_measure(where, folder, turns, FULL_SIZES if full else SIZES))
    rows = {f"{size.count:,}": _row(size) for size in sizes}
    first, last = (rows[f"{size.count:,}"] for size in (sizes[0], sizes[-1]))
    told: Json = {}
    for size in sizes:
        name = f"at_{size.count // 1000}k"
        row = rows[f"{size.count:,}"]
        told |= {
            f"stage_per_second_{name}": row["stage_per_second"],
            f"list_p95_ms_{name}": row["list_p95_ms"],
            f"ticket_page_p95_ms_{name}": row["ticket_page_p95_ms"],
        }
    return {
        **told,
        "stage_ratio_largest_to_smallest": round(last["stage_per_second"] / first["stage_per_second"], 3),
        "items": rows,
        "lists p95 ms": {
            what: {f"{size.count:,}": round(percentile(size.waits[what], 0.95) * 1000, 1) for size in sizes}
            for what in sizes[0].waits
        },
        "method": (
            f"stage: {turns} rounds of {MAILS} mails for each size, in turn, on a copy of the filled database, after a"
            f" checkpoint and {WARM_UP:,} mails to warm up; pages:"
            f" {REQUESTS} requests of each kind and size, one at a time, the sizes in turn; list: the API's list of 50"
            f" over {len(LISTS) + 2} kinds of question together; ticket page: the workspace's page of any ticket"
        ),
    }


def _row(size: Size) -> Json:
    lists = [wait for what, waits in size.waits.items() if not what.endswith("page") for wait in waits]
    return {
        "stage_per_second": round(statistics.median(size.rates)),
        "stage_cpu_ms_a_ticket": round(statistics.median(size.cpu_ms), 3),
        "log_kib_a_ticket": round(statistics.median(size.log_kib), 1),
        "list_p95_ms": round(percentile(lists, 0.95) * 1000, 1),
        "list_page_p95_ms": round(percentile(size.waits["list page"], 0.95) * 1000, 1),
        "ticket_page_p95_ms": round(percentile(size.waits["ticket page"], 0.95) * 1000, 1),
    }


async def _measure(where: Servers, folder: Path, turns: int, counts: Sequence[int]) -> list[Size]:
    sizes = [await filled(where, count) for count in counts]
    try:
        await asked(where, folder, sizes)
        for turn in range(turns):
            for size in sizes if turn % 2 == 0 else reversed(sizes):
                async with place(where, size.tickets, folder, "tickets", TOPICS_OF_STAGE) as here:
                    # The copy itself, gigabytes of it, is on the disk before the clock starts, as a desk's past is.
                    await size.tickets.execute("checkpoint")
                    log = folder / f"growth-{size.count}-{turn}.log"
                    taken = await measure_stage(here, ["-m", "services.tickets"], log, MAILS, turn, WARM_UP)
                size.rates.append(taken.per_second)
                size.log_kib.append(taken.log_kib)
                size.cpu_ms.append(1000 * taken.cpu_seconds / MAILS)
                said = (
                    f"{taken.per_second:.0f} tickets/s, {size.cpu_ms[-1]:.2f} ms of the stage's processor time and"
                    f" {taken.log_kib:.0f} KiB of write-ahead log each"
                )
                sys.stderr.write(f"  round {turn + 1} {size.count:,} items: {said}\n")
    finally:
        for size in sizes:
            for templates in (size.tickets, size.gateway):
                for name in templates.made.values():
                    await templates.drop(name)
    return sizes


async def filled(where: Servers, count: int) -> Size:
    """Databases of both services hold so many items."""
    past, began = Past(count), time.monotonic()
    checked(past)
    tickets, gateway = Templates(where.database), Templates(where.database)
    name, url = await tickets.clone("tickets")
    await fill_tickets(url, past)
    await _in_place_of(tickets, "tickets", name)
    name, url = await gateway.clone("portal_gateway")
    token = await fill_gateway(url, past)
    await _in_place_of(gateway, "gateway", name)
    sys.stderr.write(f"  {count:,} items filled in {time.monotonic() - began:.0f} s\n")
    return Size(count, tickets, gateway, token)


async def _in_place_of(templates: Templates, role: str, filled_database: str) -> None:
    """Clones are of the filled database from now on."""
    await templates.drop(templates.made[role])
    templates.made[role] = filled_database


async def asked(where: Servers, folder: Path, sizes: Sequence[Size]) -> None:
    """Every size's gateway has answered every question, in turn."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(gateway(where, folder, size)) for size in sizes]
        cursors = [await _deep(client) for client in clients]
        dice = random.Random(1)  # noqa: S311 - variety, not secrecy
        for turn in range(REQUESTS + 1):
            for size, client, cursor in zip(sizes, clients, cursors, strict=True):
                number = dice.randrange(1, size.count + 1)
                for what, path, query in _questions(number, cursor):
                    began = time.perf_counter()
                    answer = await client.get(path, params=dict(query))
                    answer.raise_for_status()
                    if turn:  # the first round fills caches and plans
                        size.waits.setdefault(what, []).append(time.perf_counter() - began)


def _questions(number: int, cursor: str) -> list[tuple[str, str, Mapping[str, str]]]:
    lists = [(what, "/api/v1/items", {**query, "limit": "50"}) for what, query in LISTS.items()]
    return [
        *lists,
        ("a deep page", "/api/v1/items", {"limit": "50", "cursor": cursor}),
        ("rare words", "/api/v1/items", {"limit": "50", "q": word_of(number)}),
        ("list page", "/workspace", {}),
        ("ticket page", f"/workspace/items/{number}", {}),
    ]


async def _deep(client: httpx2.AsyncClient) -> str:
    """The place behind the first thousand items."""
    cursor: dict[str, str] = {}
    for _ in range(10):
        answer = await client.get("/api/v1/items", params={"limit": "100", **cursor})
        answer.raise_for_status()
        cursor = {"cursor": answer.json()["next"]}
    return cursor["cursor"]


@asynccontextmanager
async def gateway(where: Servers, folder: Path, size: Size) -> AsyncIterator[httpx2.AsyncClient]:
    """A gateway that shows this size; a client that may see everything."""
    port = free_port()
    async with place(where, size.gateway, folder, "gateway", TOPICS_OF_GATEWAY) as here:
        environment = here.environment(GATEWAY_HTTP_PORT=str(port))
        command, log = ["-m", "services.portal_gateway"], folder / f"gateway-{size.count}.log"
        headers = {"Authorization": f"Bearer {size.token}"}
        async with (
            running(command, environment, log),
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client,
        ):

            async def answers() -> bool:
                try:
                    return (await client.get("/api/v1/items", params={"limit": "1"})).status_code == 200
                except httpx2.HTTPError:
                    return False

            await eventually(answers, f"the gateway of {size.count:,} items", READY_SECONDS)
            yield client
