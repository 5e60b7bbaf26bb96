"""How many rules a second are judged: the real `python -m services.automation` with few, many and very many rules.

Facts of new tickets lie on `tickets-events`; measured is the time until each has its decision row. No rule is for one
type alone, so none is passed over; each asks two things of the ticket, and none holds, as most rules do not.
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import uvloop
from aiokafka import AIOKafkaProducer

from shared.contracts.state import RuleState
from shared.ids import seed_id
from tests.bench.place import Place, place, running
from tests.bench.servers import Servers
from tests.bench.stage_template import make_template
from tests.support.servers import Templates
from tests.support.waiting import eventually

Json = dict[str, Any]
#: Rules, and events for so many: each size judges for about as long.
SIZES = {10: 3000, 1000: 1500, 10_000: 300}
WARM_UP = 50
LIMIT_SECONDS = 240.0
CREATED = "deskstream.tickets.item.created.v1"
TOPICS_OF_AUTOMATION = ("tickets-", "automation-", "notifier-commands")
_PUT = """
insert into rule (id, version, set_version, state)
select i, 1, 2, s from unnest($1::uuid[], $2::jsonb[]) as n(i, s)
"""

Record = tuple[bytes, bytes, list[tuple[str, bytes]]]


def rule(number: int) -> RuleState:
    """A rule whose filter is looked at to its second check, and does not hold."""
    return RuleState(
        version=1,
        id=seed_id(f"bench:{number}"),
        name=f"Rule {number}",
        trigger="created",
        position=number,
        filter={"all": [{"field": "channel", "is": "mail"}, {"field": "title", "contains": f"nothing like {number}"}]},
        actions=({"do": "tag", "tags": [f"tag-{number}"]},),
    )


async def put_rules(url: str, count: int) -> None:
    """The desk is seeded, with just so many rules."""
    rules = [rule(number) for number in range(count)]
    database = await asyncpg.connect(url)
    await database.execute(_PUT, [each.id for each in rules], [each.model_dump_json() for each in rules])
    await database.execute("update rule_set set version = 2, seeded = true")
    await database.close()


def facts(template: Json, count: int) -> list[Record]:
    """Facts of so many new tickets, each an item, an event and a message of its own."""
    value, headers = next((v, h) for _, _, v, h in template["records"] if dict(h).get("ce_type") == CREATED)
    ids = [*template["ids"].values(), dict(headers)["ce_id"]]
    found = []
    for _ in range(count):
        pairs = [(old, str(uuid4())) for old in ids]
        item = pairs[0][1]
        found.append(
            (item.encode(), _filled(value, pairs).encode(), [(n, _filled(h, pairs).encode()) for n, h in headers])
        )
    return found


def _filled(text: str, pairs: list[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


async def measure(where: Place, rules: int, template: Json) -> float:
    """Events a second of a process that has started and judged a few before the clock does."""
    count = SIZES[rules]
    await put_rules(where.url, rules)
    warm, load = facts(template, WARM_UP), facts(template, count)
    producer = AIOKafkaProducer(bootstrap_servers=where.settings.kafka_bootstrap_servers, acks="all")
    await producer.start()
    database = await asyncpg.connect(where.url)

    async def send(records: list[Record]) -> None:
        topic = f"{where.prefix}tickets-events"
        await asyncio.gather(*[await producer.send(topic, v, k, headers=h) for k, v, h in records])

    async def until(decisions: int) -> None:
        async def enough() -> bool:
            return bool(await database.fetchval("select count(*) from decision") >= decisions)

        await eventually(enough, f"{decisions} decisions", LIMIT_SECONDS)

    async with running(["-m", "services.automation"], where.environment(), where.folder / "automation.log") as process:
        await send(warm)
        await until(WARM_UP)
        process.suspend()
        await send(load)
        began = time.perf_counter()
        process.resume()
        await until(WARM_UP + count)
        seconds = time.perf_counter() - began
    await check(database, rules)
    await producer.stop()
    await database.close()
    return count / seconds


async def check(database: asyncpg.Connection, rules: int) -> None:
    """Every rule was judged for every event.

    Raises:
        ValueError: a decision tells of another number of rules.
    """
    judged = await database.fetch(
        "select distinct jsonb_array_length(state->'verdicts') + (state->>'unlisted')::int as rules from decision"
    )
    if [row["rules"] for row in judged] != [rules]:
        raise ValueError(f"decisions tell of {[row['rules'] for row in judged]} rules, not of {rules}")


async def rounds(where: Servers, folder: Path, turns: int) -> dict[int, list[float]]:
    """The sizes take turns."""
    templates = Templates(where.database)
    found: dict[int, list[float]] = {rules: [] for rules in SIZES}
    try:
        async with place(where, templates, folder, "tickets", ()) as first:
            template = await make_template(first.url)
        for turn in range(turns):
            for rules in SIZES:
                async with place(where, templates, folder, "automation", TOPICS_OF_AUTOMATION) as here:
                    rate = await measure(here, rules, template)
                found[rules].append(rate)
                sys.stderr.write(f"  round {turn + 1} {rules} rules: {rate:.0f} events/s, {rate * rules:.0f} rules/s\n")
    finally:
        for name in templates.made.values():
            await templates.drop(name)
    return found


def measure_events(where: Servers, folder: Path, turns: int) -> Json:
    """Events and rules a second, by the number of rules."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(rounds(where, folder, turns))
    rates = {rules: statistics.median(each) for rules, each in found.items()}
    return {
        **{f"rule_evaluations_per_second_{rules}": round(rate * rules) for rules, rate in rates.items()},
        "by rules": {
            f"{rules}": {
                "events_per_second": round(rate, 1),
                "rules_per_second": round(rate * rules),
                "events": SIZES[rules],
            }
            for rules, rate in rates.items()
        },
        "method": (
            f"{turns} rounds for each size, in turn, after {WARM_UP} events to warm up; one process; from events on the"
            f" log to decision rows; each rule asks two things, the second of which does not hold"
        ),
    }
