"""The loop's promises, each against a probe in this process: once, in order, a bad one costs itself, time heals."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from aiokafka.admin import AIOKafkaAdminClient

from shared.contracts.answers import TicketsAnswered
from shared.contracts.tickets import ChangeItem
from shared.ids import new_id
from shared.messaging.dead_letters import send_back
from shared.postgres.inbox import KEPT_DAYS, forget_old
from tests.integration.messaging.conftest import Bench
from tests.integration.messaging.probe import TOPIC, Probe
from tests.support.waiting import eventually


async def test_redelivered_message_has_one_effect(bench: Bench, probe: Probe) -> None:
    """A message that comes five times, twice in one batch, is done once and answered once."""
    same = new_id()
    for _ in range(3):
        await bench.send("once", message_id=same)
    await bench.start(probe)
    await bench.wait_for_effects(1)
    for _ in range(2):
        await bench.send("once", message_id=same)
    await bench.send("last")
    assert [text for _, text in await bench.wait_for_effects(2)] == ["once", "last"]
    await bench.wire.wait_for(TicketsAnswered, count=2)
    await bench.wire.settle(0.3)
    assert len(bench.wire.seen) == 2


async def test_poison_costs_itself_and_no_neighbour(bench: Bench, probe: Probe) -> None:
    """One bad message in a batch: the batch fails, then each is tried alone, and only the bad one is given up."""
    texts = ["one", "two", "poison secret", "three", "four"]
    ids = [await bench.send(text) for text in texts]
    await bench.start(probe)
    assert [text for _, text in await bench.wait_for_effects(4)] == ["one", "two", "three", "four"]
    (letter,) = await bench.wait_for_dead_letters(1)
    assert probe.handed[0] == texts
    assert [text for batch in probe.handed[1:] for text in batch] == texts
    assert letter.reason.startswith("ValueError in _outcome")
    assert "poison: secret" in letter.reason
    assert (letter.original.topic, letter.service, letter.consumer) == (TOPIC, "tickets", "probe")
    assert (
        letter.original.value == ChangeItem.model_validate_json(letter.original.value or b"").model_dump_json().encode()
    )
    assert dict(letter.original.headers)["ce_id"] == str(ids[2]).encode()
    outcome = await bench.database.fetchrow("select outcome, detail from inbox where message_id = $1", ids[2])
    assert outcome["outcome"] == "dead"
    assert "secret" not in outcome["detail"]


async def test_records_that_nobody_can_read_are_dead_letters(bench: Bench) -> None:
    """Broken headers, broken JSON and a wrong shape each cost themselves; a null header and a new type cost nothing."""
    await bench.wire.send_raw(TOPIC, "a", b"{}", [])
    envelope = await bench.wire.send(ChangeItem(item_id=new_id(), set={"title": "good"}), "a")
    headers = envelope.model_copy(update={"id": new_id()}).to_headers()
    await bench.wire.send_raw(TOPIC, "a", b"{not json", headers)
    await bench.wire.send_raw(TOPIC, "a", b'{"item_id": 3}', headers)
    await bench.wire.send_raw(TOPIC, "a", None, headers)
    newer = envelope.model_copy(update={"id": new_id(), "type": "deskstream.tickets.item.change.v9"})
    await bench.wire.send_raw(TOPIC, "a", b"{}", [*newer.to_headers(), ("x-null", None)])
    await bench.send("after")
    await bench.start()
    assert [text for _, text in await bench.wait_for_effects(2)] == ["good", "after"]
    letters = await bench.wait_for_dead_letters(4)
    assert [letter.original.value for letter in letters] == [b"{}", b"{not json", b'{"item_id": 3}', b""]
    assert "id: Field required" in letters[0].reason


async def test_retry_later_keeps_the_order_and_lets_others_go_on(bench: Bench, probe: Probe) -> None:
    """A message that must wait holds what is behind it in its partition, and nothing else."""
    keys = await keys_of_partitions(bench)
    waiting, other = keys[0], keys[1]
    for text in ("before", "later 3", "after", "at last"):
        await bench.send(text, key=waiting)
    for number in range(5):
        await bench.send(f"other {number}", key=other)
    await bench.start(probe)
    found = await bench.wait_for_effects(9)
    assert [text for key, text in found if key == waiting] == ["before", "later 3", "after", "at last"]
    assert [text for key, text in found if key == other] == [f"other {number}" for number in range(5)]
    assert found.index((other, "other 4")) < found.index((waiting, "later 3"))


async def test_server_that_is_away_costs_time_only(bench: Bench, probe: Probe) -> None:
    """A batch that meets a server that is away is done whole, once and in order, when it is back."""
    for number in range(20):
        await bench.send("away 3" if number == 7 else f"{number}", key=f"k{number % 3}")
    await bench.start(probe)
    found = await bench.wait_for_effects(20)
    assert len(found) == len(set(found)) == 20
    order = defaultdict(list)
    for key, text in found:
        order[key].append(7 if text.startswith("away") else int(text))
    assert all(numbers == sorted(numbers) for numbers in order.values())
    assert await bench.dead_letters() == []


async def test_hundred_dead_letters_in_a_row_stop_the_consumer(bench: Bench) -> None:
    """A bad deploy must not drain a topic: the consumer stops, readiness says why, the rest stays on the log."""
    for number in range(130):
        await bench.send(f"poison {number}")
    host = await bench.start()
    letters = await bench.wait_for_dead_letters(100)

    async def reason() -> str | None:
        return (await host.ready()).get("probe")

    why = await eventually(reason, "readiness says why")
    assert "100 dead letters in a row" in why
    assert "ValueError in _outcome" in why
    assert len(letters) == 100
    assert await host.healthy() == {}
    await host.stop()
    await bench.start(Probe(mended=True))
    assert [text for _, text in await bench.wait_for_effects(30)] == [f"poison {n}" for n in range(100, 130)]


async def test_dead_letters_among_good_ones_stop_nothing(bench: Bench) -> None:
    """Only a row without a success is a bad deploy; a hundred bad messages among good ones are a hundred bad ones."""
    for number in range(110):
        await bench.send(f"dead {number}")
        if number % 50 == 0:
            await bench.send("good")
    host = await bench.start()
    await bench.wait_for_dead_letters(110)
    assert len(await bench.wait_for_effects(3)) == 3
    assert "probe" not in await host.ready()


async def test_refusal_is_kept_and_never_tried_again(bench: Bench, probe: Probe) -> None:
    """The inbox keeps how a message ended, so that a repeat has the same outcome."""
    same = new_id()
    for _ in range(2):
        await bench.send("refuse conflict", message_id=same)
    await bench.send("end")
    await bench.start(probe)
    await bench.wait_for_effects(1)
    row = await bench.database.fetchrow("select outcome, detail from inbox where message_id = $1", same)
    assert dict(row) == {"outcome": "refused", "detail": "conflict"}
    assert probe.tries[same] == 1


async def test_dead_letter_sent_back_is_done_once(bench: Bench) -> None:
    """B7: once its fault is mended a dead letter is replayed; replayed twice it is still one effect."""
    await bench.send("poison once")
    host = await bench.start()
    letters = await bench.wait_for_dead_letters(1)
    await host.stop()
    await bench.start(Probe(mended=True))
    for _ in range(2):
        await send_back(bench.wire.settings, letters)
    await bench.send("end")
    assert [text for _, text in await bench.wait_for_effects(2)] == ["poison once", "end"]


async def test_dead_letter_sent_back_for_another_reader_is_passed_over(bench: Bench, probe: Probe) -> None:
    """Only the reader that gave a record up tries it again; the others have done it."""
    await bench.send("poison")
    host = await bench.start()
    (letter,) = await bench.wait_for_dead_letters(1)
    await host.stop()
    await bench.wire.send_raw(TOPIC, "a", letter.original.value, [*letter.original.headers, ("ds_replay", b"notifier")])
    await bench.send("end")
    probe.mended = True
    await bench.start(probe)
    assert [text for _, text in await bench.wait_for_effects(1)] == ["end"]
    assert probe.handed == [["end"]]


async def test_replay_starts_the_age_of_a_message_anew(bench: Bench) -> None:
    """What staff send back counts from then, so that its effects are not expired; its own time stays."""
    old = datetime.now(UTC) - timedelta(days=3)
    await bench.send("poison", time=old)
    ages = []

    async def note(messages: object) -> None:
        ages.extend([(m.envelope.time, m.counts_from) for m in messages])  # type: ignore[attr-defined]

    host = await bench.start()
    letters = await bench.wait_for_dead_letters(1)
    await host.stop()
    await send_back(bench.wire.settings, letters)
    await bench.start(Probe(mended=True), after=note)
    await bench.wait_for_effects(1)

    async def noted() -> list[tuple[datetime, datetime]]:
        return ages

    ((itself, counted),) = await eventually(noted, "the batch is told of")
    assert itself == old
    assert counted - old > timedelta(days=2)


async def test_effect_too_large_to_say_is_a_dead_letter(bench: Bench) -> None:
    """A record that no topic takes would stop the relay: it is given up before, and what is behind it is said."""
    await bench.send("large")
    await bench.send("small")
    await bench.start()
    await bench.wire.wait_for(TicketsAnswered, lambda b: b.text == "small")
    (letter,) = await bench.wait_for_dead_letters(1)
    assert "larger than" in letter.reason
    assert [text for _, text in await bench.effects()] == ["small"]


async def test_failure_after_the_commit_costs_no_later_batch(bench: Bench) -> None:
    """What follows a commit is best effort; the consumer goes on and nothing is repeated."""

    async def fail(_messages: object) -> None:
        raise ValueError("nobody listens")

    host = await bench.start(after=fail)
    await bench.send("one")
    await bench.wait_for_effects(1)
    await bench.send("two")
    assert [text for _, text in await bench.wait_for_effects(2)] == ["one", "two"]
    assert await host.healthy() == {}


async def test_offsets_follow_when_nothing_comes_any_more(bench: Bench, probe: Probe) -> None:
    """Small batches share a commit of offsets; after the last of them it does not wait for a further one."""
    await bench.start(probe)
    for number in range(5):
        await bench.send(f"message {number}")
        await bench.wait_for_effects(number + 1)
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.wire.settings.kafka_bootstrap_servers)
    await admin.start()

    async def behind_all() -> bool:
        found = await admin.list_consumer_group_offsets(bench.wire.settings.kafka_topic_prefix + "tickets")
        return bool(sum(max(0, place.offset) for place in found.values()) == 5)

    try:
        await eventually(behind_all, "the group to stand behind the last record")
    finally:
        await admin.close()


async def test_unwanted_records_are_passed_over_undecoded(bench: Bench, probe: Probe) -> None:
    """A reader of a state topic takes its kinds by key; what else stands there is not even decoded."""
    await bench.wire.send_raw(TOPIC, "b", b"nothing anybody could read", [])
    await bench.send("good", key="a")
    await bench.start(probe, wanted=lambda record: record.key == b"a")
    assert await bench.wait_for_effects(1) == [("a", "good")]
    assert await bench.dead_letters() == []


async def test_old_inbox_rows_are_forgotten(bench: Bench) -> None:
    """Rows go when no topic can hold a repeat of their message any more, and not before."""
    for days in (KEPT_DAYS + 1, KEPT_DAYS - 1):
        await bench.database.execute(
            "insert into inbox (consumer, message_id, done_at) values ('x', $1, now() - make_interval(days => $2))",
            new_id(),
            days,
        )
    host = await bench.start()
    await forget_old(host.pool)
    assert await bench.database.fetchval("select count(*) from inbox") == 1


async def keys_of_partitions(bench: Bench) -> list[str]:
    """A key for each partition: where a record of each candidate lands is asked of the broker."""
    found: dict[int, str] = {}
    for number in range(40):
        key = f"key{number}"
        place = await bench.wire.partition_of(TOPIC, key)
        found.setdefault(place, key)
    return list(found.values())
