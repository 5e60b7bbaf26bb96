"""Topics as the registry says, and the tools that show and replay what stands on them."""

import asyncio
import json
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from typer.testing import CliRunner

from deploy.local.topics.command import app
from shared.contracts.topics import TOPICS
from shared.messaging.provision import create_topics
from shared.settings import KafkaSettings
from tests.integration.messaging.conftest import DEAD, Bench
from tests.integration.messaging.probe import TOPIC, Probe
from tests.support.waiting import eventually


async def test_registry_is_created_once_and_drift_is_told(kafka_bootstrap: str, topic_prefix: str) -> None:
    """Every topic is made with its partitions and settings; what differs afterwards is said, and nothing is changed."""
    settings = KafkaSettings(
        kafka_bootstrap_servers=kafka_bootstrap, kafka_topic_prefix=topic_prefix, kafka_partitions=2
    )
    wanted = [TOPICS[name] for name in ("intake-raw", "tickets-state", "gateway-signals", "tickets-events")]
    assert await create_topics(settings, wanted) == []
    assert await create_topics(settings, wanted) == []
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    name = f"{topic_prefix}tickets-events"
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": "1000"})])
    described = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics([name])}
    await admin.close()
    assert described == {name: 2}

    async def drift() -> list[str] | None:
        # The broker answers from a cache that follows its log a moment later.
        found = await create_topics(settings.model_copy(update={"kafka_partitions": 3}), wanted)
        return found if len(found) > 3 else None

    said = "\n".join(await eventually(drift, "drift is told"))
    assert f"{name}: retention.ms is 1000, the registry says {TOPICS['tickets-events'].retention_ms}" in said
    assert f"{topic_prefix}intake-raw has 2 partitions, the registry says 3" in said
    assert f"{topic_prefix}gateway-signals" not in said


async def test_topics_are_listed_with_their_records(bench: Bench) -> None:
    """`topics list` tells what each topic holds, who writes it and who reads it."""
    for number in range(3):
        await bench.send(f"do {number}", key=f"k{number}")
    rows = {row["name"]: row for row in await command(bench, "list", "--json")}
    assert rows[TOPIC]["records"] == 3
    assert rows[TOPIC]["partitions"] == 3
    assert rows[TOPIC]["readers"] == ["tickets"]
    assert rows["intake-messages"]["records"] == 0
    assert "tickets-commands" in await text_of(bench, "list")


async def test_lag_tells_what_a_group_has_not_done(bench: Bench) -> None:
    """`topics lag` counts what waits for a group, and tells the age of the oldest; caught up is 0."""
    await bench.send("first")
    host = await bench.start()
    await bench.wait_for_effects(1)
    await host.stop()
    for _ in range(4):
        await bench.send("waits")
    (row,) = [each for each in await command(bench, "lag", "--json") if each["topic"] == TOPIC]
    assert (row["group"], row["records"]) == ("tickets", 4)
    assert 0 <= row["oldest_seconds"] < 60
    await bench.start()
    await bench.wait_for_effects(5)

    async def caught_up() -> bool:
        return all(each["records"] == 0 for each in await command(bench, "lag", "--json"))

    await eventually(caught_up, "the group has caught up")


async def test_tail_shows_the_newest_decoded(bench: Bench) -> None:
    """`topics tail` shows the last records with their envelope and body, also those that nobody can decode."""
    ids = [await bench.send(f"do {number}") for number in range(4)]
    await bench.wire.send_raw(TOPIC, "a", b"no json", [("x", b"y")])
    shown = await command(bench, "tail", TOPIC, "-n", "3", "--json")
    assert [each["id"] for each in shown] == [str(ids[2]), str(ids[3]), None]
    assert shown[0]["body"]["set"] == {"title": "do 2"}
    assert shown[0]["fault"] is None
    assert shown[2]["body"] == "no json"
    assert "Field required" in shown[2]["fault"]
    assert "do 3" in await text_of(bench, "tail", TOPIC)


async def test_tail_follows_one_input_over_all_topics(bench: Bench) -> None:
    """`topics tail --correlation` shows what one input began, over every topic, in the order of time."""
    await bench.send("do other")
    sent = await bench.send("do this")
    await bench.start()
    await bench.wait_for_effects(2)

    async def both() -> list[dict[str, Any]] | None:
        found = await command(bench, "tail", "--correlation", str(sent), "--json")
        return found if len(found) == 2 else None

    shown = await eventually(both, "command and answer")
    assert [each["topic"] for each in shown] == [TOPIC, "tickets-events"]
    assert len(await command(bench, "tail", TOPIC, "--since", "1h", "--json")) == 2
    assert await command(bench, "tail", TOPIC, "--since", "2999-01-01T00:00:00", "--json") == []


async def test_dead_letters_are_shown_and_replayed(bench: Bench) -> None:
    """B7: `topics dead-letters` says who gave what up and why; `topics replay` is harmless when repeated."""
    sent = await bench.send("poison once")
    other = await bench.send("poison other")
    host = await bench.start()
    await bench.wait_for_dead_letters(2)
    await host.stop()
    shown = await command(bench, "dead-letters", "--json")
    assert [each["id"] for each in shown] == [str(sent), str(other)]
    assert (shown[0]["dead_topic"], shown[0]["consumer"], shown[0]["topic"]) == (DEAD, "probe", TOPIC)
    assert "poison: once" in shown[0]["reason"]
    await bench.start(Probe(mended=True))
    for _ in range(2):
        sent_back = await command(bench, "replay", TOPIC, "--id", str(sent), "--json")
        assert [each["id"] for each in sent_back] == [str(sent)]
    await bench.send("end")
    assert [text for _, text in await bench.wait_for_effects(2)] == ["poison once", "end"]
    assert "2 sent back" in await text_of(bench, "replay", DEAD)
    assert [text for _, text in await bench.wait_for_effects(3)] == ["poison once", "end", "poison other"]


async def test_unknown_topic_and_absent_broker_are_one_line(bench: Bench) -> None:
    """What cannot be reached is named with its remedy."""
    unknown = await run(bench, "tail", "no-such-topic")
    assert "there is no topic no-such-topic" in str(unknown.exception)
    away = await asyncio.to_thread(CliRunner().invoke, app, ["topics", "list", "--kafka", "127.0.0.1:1"])
    assert "Kafka at 127.0.0.1:1 does not answer" in str(away.exception)


async def run(bench: Bench, *arguments: str) -> Any:
    settings = bench.wire.settings
    options = ["--kafka", settings.kafka_bootstrap_servers, "--prefix", settings.kafka_topic_prefix]
    return await asyncio.to_thread(CliRunner().invoke, app, ["topics", *arguments, *options])


async def text_of(bench: Bench, *arguments: str) -> str:
    result = await run(bench, *arguments)
    assert result.exit_code == 0, result.exception
    return str(result.stdout)


async def command(bench: Bench, *arguments: str) -> list[dict[str, Any]]:
    """What a command prints with `--json`, a line each."""
    return [json.loads(line) for line in (await text_of(bench, *arguments)).splitlines()]
