"""Short versions of what is quick and sure; `make overload` runs all at full size and measures the times too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.console import Steps
from tests.chaos.session import Session, session
from tests.overload import connections, poison
from tests.overload.doors import ONE_OF_EACH, OTHERS_A_SECOND
from tests.overload.outages import HEALTHY, PUT_OFF_TOO, Probes, expected_of
from tests.overload.report import Part
from tests.support.waiting import eventually


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Session]:
    """A desk of this module's own."""
    home: Path = tmp_path_factory.mktemp("overload")
    async with session(home, Steps(), seed=3, rate=OTHERS_A_SECOND, replicas=ONE_OF_EACH) as now:
        yield now


async def test_bad_record_on_every_topic_costs_itself_and_is_seen(desk: Session) -> None:
    """Every reader of every topic goes on behind it, and `topics dead-letters` lists each."""
    part = Part("poison")
    await poison.one_of_each(desk, part)
    assert part.broken == []
    assert part.figures["readers of topics"] >= 15


async def test_held_connections_keep_nobody_out(desk: Session) -> None:
    """Two hundred that say nothing more, then two hundred in the middle of a mail: others' mails are taken."""
    part = Part("connections")
    await connections.held_connections(desk, part)
    assert part.broken == []


async def test_every_door_that_is_watched_in_an_outage_answers_before_it(desk: Session) -> None:
    """With nothing away each says what is healthy, and each page shows what it must; else an outage tells nothing."""
    probes = Probes(desk, desk.web.keeping_none())
    await probes.prepare()
    try:

        async def healthy() -> bool:
            probes.found.clear()
            await probes.once()
            assert {each.door for each in probes.found} == expected_of("both").keys()
            told = [HEALTHY.get(each.door, {200}) | {*PUT_OFF_TOO.get(each.door, ())} for each in probes.found]
            right = [each.code in codes and not each.fault for each, codes in zip(probes.found, told, strict=True)]
            return all(right)

        await eventually(healthy, "every door to answer in health")
    finally:
        await probes.web.close()


async def test_what_was_bad_and_who_was_held_up_left_nothing(desk: Session) -> None:
    """The evidence of both, judged: all mails are there once, dead letters are just the bad records."""
    left = await desk.calm()
    verdict, _ = await desk.verdict()
    assert left == []
    assert [f"{each.check}: {each.subject}: {each.detail}" for each in verdict.findings] == []
    assert verdict.facts["accepted"] >= 3 * connections.OTHERS
