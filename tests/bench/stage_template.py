"""One ticket as the real code makes it, for the bare loop to write over and over."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
from pydantic import SecretStr

from services.tickets.domain.received_message import item_id_of, message_id_of
from services.tickets.domain.seeds import seeded_setup
from services.tickets.repository import Repository
from services.tickets.repository.rows import dump, sql
from services.tickets.use_cases.handle_batch import Taken, handle_batch
from shared.contracts.envelope import Envelope
from shared.contracts.intake import MessageReceived
from shared.messaging.outbox import unpack
from shared.postgres.pool import create_pool
from tests.bench.stage_load import received


async def make_template(url: str) -> dict[str, Any]:
    """The rows and records of one mail by a customer whom the desk knows already."""
    pool = await create_pool(SecretStr(url))
    await seeded(pool)
    for seed in (7, 8):
        (load,) = received(1, seed)
        message = MessageReceived.model_validate_json(load.value)
        message = message.model_copy(update={"sender": message.sender.model_copy(update={"address": "c@c.example"})})
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("delete from outbox")
            taken = Taken(Envelope.from_headers(load.headers), message)
            await handle_batch(Repository(connection), [taken], datetime.now(UTC))
    await pool.close()
    return await read(url, message)


async def seeded(pool: asyncpg.Pool) -> None:
    """Types, teams and mailboxes are there."""
    setup = seeded_setup("desk.example")
    names = [snapshot.state_key().split(":", 1) for snapshot in setup]
    await pool.fetch(sql.seed_setup, [k for k, _ in names], [k for _, k in names], [dump(s) for s in setup])


async def read(url: str, message: MessageReceived) -> dict[str, Any]:
    connection = await asyncpg.connect(url)
    item, said = str(item_id_of(message)), str(message_id_of(message))
    states = {
        "item": await connection.fetchval("select state from item where id = $1", item),
        "message": await connection.fetchval("select state from message where id = $1", said),
        "change": await connection.fetchval("select state from item_change where item_id = $1", item),
        "person": await connection.fetchval("select state from person where address = 'c@c.example'"),
    }
    records = [
        (
            row["topic"],
            row["key"].decode(),
            row["value"].decode(),
            [(name, value.decode()) for name, value in unpack(row["headers"])],
        )
        for row in await connection.fetch("select topic, key, value, headers from outbox order by id")
    ]
    await connection.close()
    return {
        "ids": {"item": item, "message": said, "receipt": str(message.receipt_id)},
        "states": states,
        "records": records,
    }
