"""Processes that die in every gap, and groups that change while work is in hand: nothing lost, nothing doubled."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections import Counter, defaultdict
from datetime import UTC, datetime

from shared.contracts.answers import TicketsAnswered
from shared.contracts.intake import MessageReceived
from shared.contracts.state import Address
from shared.contracts.tickets import ItemCreated
from shared.ids import new_id
from shared.messaging.browse import Browser, Start
from shared.messaging.suspects import GROUP
from tests.integration.messaging.conftest import Bench, MakeBench
from tests.integration.messaging.probe import TOPIC, Probe
from tests.support.waiting import PATIENCE_SECONDS, eventually

MAILS = 40
GAPS = [
    "consumer.tickets.before_commit:2",
    "consumer.tickets.after_commit:2",
    "consumer.tickets.after_offsets:2",
    "relay.after_answer:2",
    "relay.after_delete:2",
]


async def test_kill_in_a_gap_loses_and_doubles_nothing(make_bench: MakeBench) -> None:
    """B5: tickets killed between its commit and its offsets, or the broker's answer and its delete: one item a mail."""
    await asyncio.gather(*[killed_and_started_again(await make_bench(), gap) for gap in GAPS])


async def killed_and_started_again(bench: Bench, gap: str) -> None:
    first = await bench.spawn("services.tickets", CRASH_AT=gap)
    receipts = [await send_mail(bench, f"customer{number % 7}@sorriso.example") for number in range(MAILS // 2)]
    await eventually(lambda: answered_or_ended(bench, first), "an answer, or its death")
    receipts += [await send_mail(bench, f"customer{number % 7}@sorriso.example") for number in range(MAILS // 2)]
    assert await first.wait() == -signal.SIGKILL, gap
    await bench.spawn("services.tickets")
    for receipt in receipts:
        await bench.wire.wait_for(TicketsAnswered, lambda b, receipt=receipt: b.command_id == receipt)  # type: ignore[misc]
    # The first may have told everything and died before its delete: the second tells again once that lease has ended.
    await eventually(lambda: all_told(bench), "an empty outbox")
    await bench.wire.settle()
    told = {m.envelope.id: m.body for m in bench.wire.seen}
    created = Counter(b.message.receipt_id for b in told.values() if isinstance(b, ItemCreated))
    answered = Counter(b.command_id for b in told.values() if isinstance(b, TicketsAnswered))
    assert created == answered == dict.fromkeys(receipts, 1), gap
    for table, rows in (("item", MAILS), ("message", MAILS), ("outbox", 0)):
        assert await bench.database.fetchval(f"select count(*) from {table}") == rows, gap  # noqa: S608


async def answered_or_ended(bench: Bench, process: Process) -> bool:
    """A process that dies in its second batch may not have told the outcome of its first."""
    await bench.wire.poll()
    return process.returncode is not None or any(isinstance(m.body, TicketsAnswered) for m in bench.wire.seen)


async def all_told(bench: Bench) -> bool:
    return bool(await bench.database.fetchval("select count(*) = 0 from outbox"))


async def send_mail(bench: Bench, sender: str) -> object:
    receipt = new_id()
    message = MessageReceived(
        receipt_id=receipt,
        channel="mail",
        dedupe_key=receipt.hex,
        mailboxes=("support",),
        message_id=f"{receipt.hex}@sorriso.example",
        sender=Address(address=sender, name="Marta"),
        subject="ONT reboots",
        text="It reboots.",
        accepted_at=datetime.now(UTC),
    )
    await bench.wire.send(message, receipt.hex, message_id=receipt)
    return receipt


async def test_record_that_kills_the_process_is_given_up_after_three_times_alone(bench: Bench) -> None:
    """A record ends the process in a batch, in a group, three times alone: a dead letter; its neighbours are done."""
    neighbours = [f"{place} {number}" for place in ("before", "after") for number in range(40)]
    for text in [*neighbours[:40], "kill it", *neighbours[40:]]:
        await bench.send(text)
    deaths = 0
    while True:
        process = await bench.spawn()

        async def over(process: object = process) -> bool:
            return process.returncode is not None or len(await bench.effects()) == 80  # type: ignore[attr-defined]

        await eventually(over, "the process ends or the work does")
        if process.returncode is None:
            break
        assert process.returncode == -signal.SIGKILL
        deaths += 1
        assert deaths <= 5, "it is tried for ever"
    (letter,) = await bench.wait_for_dead_letters(1)
    assert letter.reason == "alone in hand, it ended the process three times"
    assert deaths == 5
    assert [text for _, text in await bench.effects()] == neighbours
    assert await bench.database.fetchval("select count(*) from attempt") == 0


NOTED = "insert into attempt (consumer, topic, partition, record_offset, attempts) values ('probe', $1, $2, $3, $4)"


async def test_leavings_of_a_killed_process_are_taken_in_groups(bench: Bench, probe: Probe) -> None:
    """What was in hand once is tried some at a time, what was twice alone: in order, and then forgotten."""
    texts = await noted(bench, 100, {50: 2})
    await bench.start(probe)
    await bench.wait_for_effects(100)
    assert [text for _, text in await bench.effects()] == texts
    assert [texts[50]] in probe.handed
    assert len(probe.handed) <= 100 / GROUP + 4
    assert max(map(len, probe.handed)) <= GROUP
    await eventually(lambda: nothing_noted(bench), "every count to be forgotten")


async def test_process_that_is_killed_again_and_again_gives_no_good_record_up(bench: Bench, probe: Probe) -> None:
    """Twice among others and twice alone in hand when a process was killed from outside: it is done all the same."""
    texts = await noted(bench, 3, {1: 4})
    await bench.start(probe)
    await bench.wait_for_effects(3)
    assert [text for _, text in await bench.effects()] == texts
    assert await bench.dead_letters() == []


async def test_leavings_longer_than_a_batch_are_known_and_forgotten(bench: Bench, probe: Probe) -> None:
    """A predecessor's batch was larger than ours: what is behind our first one is still a suspect, and goes alone."""
    texts = await noted(bench, 25, {20: 2})
    await bench.start(probe, max_records=10)
    await bench.wait_for_effects(25)
    assert [texts[20]] in probe.handed
    await eventually(lambda: nothing_noted(bench), "every count to be forgotten")


async def noted(bench: Bench, count: int, more: dict[int, int]) -> list[str]:
    """So many messages of one partition, noted as by a process that was killed; some of them oftener than once."""
    texts = [f"message {number}" for number in range(count)]
    for text in texts:
        await bench.send(text)
    async with Browser(bench.wire.settings) as browser:
        records = [record async for record in browser.read([TOPIC], Start())]
    assert len(records) == count
    for number, record in enumerate(records):
        await bench.database.execute(NOTED, TOPIC, record.partition, record.offset, more.get(number, 1))
    return texts


async def nothing_noted(bench: Bench) -> bool:
    return bool(await bench.database.fetchval("select count(*) = 0 from attempt"))


async def test_members_that_come_and_go_lose_and_double_nothing(bench: Bench) -> None:
    """A second member joins, the first leaves in good order: nothing is lost, handed out twice, or out of order."""
    first = await bench.spawn()
    sent = await stream(bench, 0, 40)
    await bench.wait_for_effects(5)
    second = await bench.spawn()
    sent += await stream(bench, 40, 400)
    await working(bench, 1)
    first.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(first.wait(), PATIENCE_SECONDS) == 0
    sent += await stream(bench, 400, 440)
    await everything_once_in_order(bench, sent)
    assert second.returncode is None

    async def all_logged() -> bool:
        """A line is written some time after its effect is committed."""
        return sum((bench.outcomes(0) + bench.outcomes(1)).values()) >= len(await bench.effects())

    await eventually(all_logged, "a line for every effect")
    assert {*bench.outcomes(0), *bench.outcomes(1)} == {"done"}


async def test_member_that_is_killed_is_succeeded(bench: Bench) -> None:
    """kill -9 of one of two members in the middle of its work: the other takes over, nothing is lost or doubled."""
    first = await bench.spawn()
    await bench.spawn()
    await working(bench, 0)
    await working(bench, 1)
    sent = await stream(bench, 0, 60)
    first.kill()
    sent += await stream(bench, 60, 120)
    await everything_once_in_order(bench, sent)


async def working(bench: Bench, number: int) -> None:
    """The process of this number has its part of the work: it is fed until it says so."""

    async def has_done() -> bool:
        await bench.send("do", key=f"feed{number}-{new_id().hex}")
        return bool(bench.outcomes(number))

    await eventually(has_done, f"process {number} works")


async def stream(bench: Bench, start: int, end: int) -> list[tuple[str, str]]:
    """Numbered messages over nine keys, each taking a moment."""
    sent = []
    for number in range(start, end):
        key, text = f"k{number % 9}", f"slow 0.02 {number}"
        await bench.send(text, key=key)
        sent.append((key, text))
    return sent


async def everything_once_in_order(bench: Bench, sent: list[tuple[str, str]]) -> None:
    """Each of these has one effect, those of a key in the order in which they were sent."""

    async def all_there() -> list[tuple[str, str]] | None:
        found = [effect for effect in await bench.effects() if not effect[0].startswith("feed")]
        return found if len(found) >= len(sent) else None

    found = await eventually(all_there, "every effect")
    assert Counter(found) == Counter(sent)
    order, expected = defaultdict(list), defaultdict(list)
    for key, text in found:
        order[key].append(text)
    for key, text in sent:
        expected[key].append(text)
    assert order == expected
