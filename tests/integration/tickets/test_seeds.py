"""What a fresh desk holds is made once: what people made of it afterwards stands."""

import json
from functools import partial
from typing import Any
from uuid import UUID

from services.tickets.domain.addresses import person_id
from services.tickets.jobs import seed
from shared.clock import system_clock
from shared.contracts.answers import TicketsAnswered
from shared.contracts.base import Message
from shared.contracts.tickets import SaveMailbox, SaveTeam, SaveType
from shared.postgres.pool import create_pool
from tests.integration.tickets.conftest import RunningTickets

ADMINISTRATOR = f"agent:{person_id('admin@desk.example')}"
EDITS: list[tuple[str, Message]] = [
    ("type", SaveType(key="hardware", label="Tills and pumps")),
    ("team", SaveTeam(key="hardware", label="Workshop", members=())),
    ("mailbox", SaveMailbox(key="hardware", label="Workshop")),
]


async def test_edits_of_what_was_seeded_outlive_the_next_start(tickets: RunningTickets) -> None:
    """Type, team and mailbox as they were edited; a start that seeds again makes and says nothing."""
    wire, settings = tickets.wire, tickets.settings
    for _, edit in EDITS:
        sent = await wire.send(edit, "hardware", actor=ADMINISTRATOR)
        await wire.wait_for(TicketsAnswered, partial(_is_done, sent.id))
    await tickets.host.stop()
    pool = await create_pool(settings.database_url)
    before = await pool.fetch("select kind, key, version, state from setup order by kind, key")
    await pool.execute("delete from outbox")
    await seed(pool, settings, system_clock(0))
    after = await pool.fetch("select kind, key, version, state from setup order by kind, key")
    said = await pool.fetchval("select count(*) from outbox")
    await pool.close()
    assert [tuple(row) for row in after] == [tuple(row) for row in before]
    assert said == 0
    labels = {row["kind"]: _label(row["state"]) for row in after if row["key"] == "hardware" and row["kind"] != "form"}
    assert labels == {"type": "Tills and pumps", "team": "Workshop", "mailbox": "Workshop"}


def _is_done(command_id: UUID, answer: TicketsAnswered) -> bool:
    return answer.command_id == command_id and answer.outcome == "done"


def _label(state: Any) -> str:
    return str((json.loads(state) if isinstance(state, str) else state)["label"])
