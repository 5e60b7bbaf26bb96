"""A backlog is drained where its mails stand in the tables; what all processes of a server hold is one figure."""

import os
import subprocess
import sys
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.overload.backlog import judge_made
from tests.overload.memory import MEBIBYTE, Memory, together_mib
from tests.overload.report import Part
from tests.support.servers import MakeDatabase

HELD_BYTES = 60 * MEBIBYTE
_ITEM = "insert into item (id, number, type, status, version, state) values ($1, $2, 'request', 'new', 1, '{}')"
_MESSAGE = """insert into message (id, item_id, receipt_id, public, prefix, version, state)
    values ($1, $2, $3, true, '', 1, '{}')"""


async def kept(url: str, receipts: dict[UUID, int]) -> None:
    """A message of each receipt is on the item that has this number."""
    connection = await asyncpg.connect(url)
    try:
        items = {number: uuid4() for number in receipts.values()}
        for number, item in items.items():
            await connection.execute(_ITEM, item, number)
        for receipt, number in receipts.items():
            await connection.execute(_MESSAGE, uuid4(), items[number], receipt)
    finally:
        await connection.close()


async def test_mails_that_are_items_are_drained(make_database: MakeDatabase) -> None:
    """Each mail is on an item of its own."""
    url, receipts, part = await make_database("tickets"), [uuid4(), uuid4()], Part("backlog")
    await kept(url, {receipts[0]: 1, receipts[1]: 2})
    await judge_made(part, url, "tickets", receipts)
    assert part.held


@pytest.mark.parametrize("service", ["tickets", "gateway"])
async def test_offsets_without_work_drain_nothing(make_database: MakeDatabase, service: str) -> None:
    """A consumer that commits its offsets and does no work leaves empty tables: that is told."""
    url, part = await make_database("portal_gateway" if service == "gateway" else service), Part("backlog")
    await judge_made(part, url, service, [uuid4(), uuid4()])
    assert part.broken == [f"{service}: of 2 mails 0 became messages, 0 messages on 0 items"]


async def test_mails_that_share_an_item_are_told(make_database: MakeDatabase) -> None:
    """Two mails that begin one request each, and stand on one item, are not what was asked for."""
    url, receipts, part = await make_database("tickets"), [uuid4(), uuid4()], Part("backlog")
    await kept(url, dict.fromkeys(receipts, 1))
    await judge_made(part, url, "tickets", receipts)
    assert part.broken == ["tickets: of 2 mails 2 became messages, 2 messages on 1 items"]


def test_memory_of_a_server_is_that_of_all_its_processes() -> None:
    """What a child holds is counted with its parent; the figure says how."""
    alone = together_mib(os.getpid())
    holding = f"held = bytearray(b'x') * {HELD_BYTES}; print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        memory = Memory(dict, lambda: {"server": os.getpid()})
        memory.look()
        child.communicate("\n")
    assert list(memory.told()) == ["server, PSS of all its processes"]
    assert memory.peak["server, PSS of all its processes"] > alone + HELD_BYTES / MEBIBYTE / 2
    assert together_mib(None) == 0.0
