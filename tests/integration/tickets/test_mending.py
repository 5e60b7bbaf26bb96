"""The topics that keep the newest snapshots say what the tables say, whatever happened to them."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.tickets.jobs import menders_of
from shared.clock import system_clock
from shared.contracts.answers import TicketsAnswered
from shared.contracts.state import SETUP_KINDS, MailboxState, Snapshot
from shared.contracts.tickets import SaveMailbox
from shared.messaging.mending import Mender
from shared.messaging.records import Incoming
from shared.postgres.pool import create_pool
from tests.integration.tickets.conftest import RunningTickets
from tests.integration.tickets.test_seeds import ADMINISTRATOR
from tests.integration.wire import Wire

SETUP, STATE = "tickets-setup", "tickets-state"


def newest(wire: Wire, topic: str, key: str) -> Snapshot | None:
    """What compaction leaves of a key."""
    bodies = [m.body for m in wire.seen if m.record.topic == topic and m.record.key == key.encode()]
    return bodies[-1] if bodies and isinstance(bodies[-1], Snapshot) else None


def on(wire: Wire, topic: str) -> list[Incoming]:
    return [m for m in wire.seen if m.record.topic == topic]


async def saved(wire: Wire, label: str) -> MailboxState:
    """The hardware mailbox under a new name, as both topics tell it."""
    sent = await wire.send(SaveMailbox(key="hardware", label=label), "hardware", actor=ADMINISTRATOR)
    await wire.wait_for(TicketsAnswered, lambda a: a.command_id == sent.id and a.outcome == "done")
    found = await wire.wait_for(MailboxState, lambda m: m.label == label, count=2)
    assert {m.record.topic for m in found} == {SETUP, STATE}
    assert isinstance(found[0].body, MailboxState)
    return found[0].body


async def menders(tickets: RunningTickets) -> dict[str, Mender]:
    pool = await create_pool(tickets.settings.database_url)
    return {each.topic: each for each in menders_of(tickets.settings, pool, system_clock(0), lambda: True)}


async def test_what_a_desk_is_set_up_with_is_told_on_a_topic_of_its_own(tickets: RunningTickets) -> None:
    """Types, teams, forms, brands and mailboxes, as they were made and as they change; and nothing else."""
    mailbox = await saved(tickets.wire, "Workshop")
    told = on(tickets.wire, SETUP)
    assert {str(m.envelope.type).split(".")[2] for m in told} == SETUP_KINDS
    assert newest(tickets.wire, SETUP, mailbox.state_key()) == mailbox
    assert len({m.envelope.id for m in told}) == len(told)


@pytest.mark.parametrize("topic", [SETUP, STATE])
async def test_an_older_snapshot_behind_a_newer_one_is_mended(tickets: RunningTickets, topic: str) -> None:
    """A relay that woke after its lease had passed on put it there; compaction would keep it."""
    wire = tickets.wire
    old, new = await saved(wire, "Workshop"), await saved(wire, "Tills and pumps")
    key, record = old.state_key(), next(m for m in on(wire, topic) if m.body == old).record
    mending = (await menders(tickets))[topic]
    assert await mending.mend() == 0
    for _ in range(2):
        # The second time only what came since is read.
        await wire.send_raw(topic, key, record.value, record.headers)
        await wire.wait_for(MailboxState, lambda _: newest(wire, topic, key) == old)
        assert await mending.mend() == 1
        await wire.wait_for(MailboxState, lambda _: newest(wire, topic, key) == new)
        assert await mending.mend() == 0
    await mending.pool.close()


async def test_a_topic_that_came_to_be_later_than_the_desk_is_told_its_setup(tickets: RunningTickets) -> None:
    """An install of an older version has its mailboxes, and the topic is empty when it starts anew."""
    await saved(tickets.wire, "Workshop")
    empty = Wire(tickets.wire.settings.kafka_bootstrap_servers, f"{tickets.wire.prefix}later.")
    await empty.start(SETUP, watch=(SETUP,))
    pool = await create_pool(tickets.settings.database_url)
    rows = await pool.fetch("select kind, key from setup")
    keys = {f"{row['kind']}:{row['key']}" for row in rows}
    told: list[str] = []

    async def again(_: Any, asked: Sequence[str]) -> None:
        told.extend(asked)

    model = menders_of(tickets.settings, pool, system_clock(0), lambda: True)[0]
    later = Mender(SETUP, empty.settings, pool, lambda: True, model.versions, again, every=model.every)
    assert await later.mend() == len(keys)
    assert set(told) == keys
    assert await model.mend() == 0
    await pool.close()
    await empty.stop()
