"""A process tells the truth about itself, survives servers that are away, and ends in good order."""

import asyncio
import contextlib
import signal
import urllib.error
import urllib.request

import pytest
from pydantic import SecretStr

from deploy.local.process import free_port
from shared.contracts.envelope import Envelope
from shared.errors import TransientError
from shared.messaging.browse import Browser, Start
from shared.messaging.direct import DirectProducer
from shared.messaging.host import Host, Job
from shared.postgres.pool import create_pool
from shared.settings import KafkaSettings
from tests.integration.messaging.conftest import Bench
from tests.integration.messaging.probe import TOPIC
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.unit.shared.builders import envelope


async def test_ready_once_it_can_work_and_not_while_it_stops(bench: Bench) -> None:
    """Ready means: both servers answer and partitions are held; a stopping process takes no more."""
    host = await bench.start()
    # Both may have come while the database is still being asked.
    assert (await host.ready()).keys() & {"broker", "consumers"}

    async def ready() -> bool:
        return await host.ready() == {}

    await eventually(ready, "the host is ready")
    assert await host.healthy() == {}
    await host.stop()
    assert (await host.ready())["process"] == "stopping"


async def test_servers_that_are_away_are_named_and_cost_no_process(bench: Bench) -> None:
    """Without broker and database a process starts, says what is away, stays healthy, and ends when asked."""
    settings = bench.settings.model_copy(
        update={
            "kafka_bootstrap_servers": f"127.0.0.1:{free_port()}",
            "database_url": SecretStr(f"postgresql://tickets:x@127.0.0.1:{free_port()}/none"),
        }
    )
    there = await bench.start()
    spec = there.specs[0]
    pool = await create_pool(settings.database_url)
    host = Host(service="tickets", settings=settings, pool=pool, specs=[spec])
    await host.start()
    reasons = await host.ready()
    assert (reasons["broker"], reasons["database"]) == ("away", "away")
    assert await host.healthy() == {}
    await host.stop()


async def test_job_that_meets_an_absent_server_is_begun_again(bench: Bench) -> None:
    """A job survives what is away; a fault of ours ends the process, so that it is started again."""
    tries = 0

    async def moody(stop: asyncio.Event) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise TransientError("the blob store is away")
        if tries == 2:
            raise ValueError("a fault of ours")
        await stop.wait()

    there = await bench.start()
    host = Host(
        service="tickets", settings=bench.settings, pool=there.pool, specs=[], jobs=[Job("moody", moody)], relays=False
    )
    await host.start()
    await asyncio.wait_for(host.failed.wait(), PATIENCE_SECONDS)
    assert tries == 2
    assert "process" in await host.healthy()


async def test_process_answers_its_probes_and_ends_when_asked(bench: Bench) -> None:
    """/healthz, /readyz and /metrics (outcomes, lag, outbox) answer over HTTP; SIGTERM ends the process with code 0."""
    port = free_port()
    process = await bench.spawn(HEALTH_PORT=str(port))

    async def ready() -> bool:
        return (await asked(port, "readyz"))[0] == 200

    await eventually(ready, "the process is ready")
    assert (await asked(port, "healthz"))[0] == 200
    await bench.send("do")
    await bench.wait_for_effects(1)

    numbers = (
        'deskstream_messages_consumed_total{consumer="probe",outcome="done"',
        'deskstream_consumer_lag_records{consumer="probe"',
        'deskstream_consumer_oldest_age_seconds{consumer="probe"',
        "deskstream_outbox_rows ",
        "deskstream_outbox_oldest_age_seconds ",
    )

    async def counted() -> bool:
        told = (await asked(port, "metrics"))[1]
        return all(number in told for number in numbers)

    await eventually(counted, f"the message is counted, and {numbers} are told")
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_direct_produce_is_on_the_log_when_it_returns(bench: Bench) -> None:
    """A door answers only then; the record has its key, bytes and headers."""
    producer = DirectProducer(bench.wire.settings)
    await producer.produce(TOPIC, "a", b"\xff raw", envelope().to_headers())
    async with Browser(bench.wire.settings) as browser:
        (record,) = [record async for record in browser.read([TOPIC], Start())]
    assert (record.key, record.value) == (b"a", b"\xff raw")
    assert Envelope.from_headers(record.headers) == envelope()
    await producer.close()


async def test_direct_produce_without_a_broker_fails_in_time() -> None:
    """Broker away: whoever waits at the door is told to try later, within its time limit, each time."""
    producer = DirectProducer(KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}"))
    for _ in range(2):
        with pytest.raises(TransientError):
            await asyncio.wait_for(producer.produce(TOPIC, "a", b"x", (), timeout_seconds=0.5), PATIENCE_SECONDS)
    await producer.close()


async def test_closed_port_and_known_absence_are_told_at_once() -> None:
    """A broker whose port is closed is not waited for; one that hangs is, once: then one asks for all."""
    closed = DirectProducer(KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}"))
    with pytest.raises(TransientError):
        await asyncio.wait_for(closed.produce(TOPIC, "a", b"x", (), timeout_seconds=600), PATIENCE_SECONDS)
    await closed.close()
    writers = list[asyncio.StreamWriter]()

    def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    async with await asyncio.start_server(take, "127.0.0.1", 0) as hanging:
        port = hanging.sockets[0].getsockname()[1]
        producer = DirectProducer(KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{port}"))
        with pytest.raises(TransientError, match="no acknowledgement"):
            await producer.produce(TOPIC, "a", b"x", (), timeout_seconds=1)

        async def known() -> bool:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    with pytest.raises(TransientError, match="is away"):
                        await producer.produce(TOPIC, "a", b"x", (), timeout_seconds=600)
                    return True
            return False

        await eventually(known, "the broker's absence to be known")
        await producer.close()
        for writer in writers:
            writer.close()


async def asked(port: int, path: str) -> tuple[int, str]:
    """Status and text of a process's own page; 0 where nobody answers."""

    def ask() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    return await asyncio.to_thread(ask)
