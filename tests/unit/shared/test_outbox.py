"""What the outbox stores comes out byte for byte, and what no topic takes is refused before it is stored."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.answers import TicketsAnswered
from shared.contracts.envelope import Envelope, Sibling
from shared.contracts.topics import TOPICS
from shared.errors import ContractError
from shared.ids import derived_id, derived_name
from shared.messaging.outbox import FEW, Outgoing, add, pack_headers, unpack, unpack_headers
from tests.unit.shared.builders import ID, envelope

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(names, st.binary(max_size=200))).map(tuple))
def test_headers_are_packed_byte_for_byte(headers: tuple[tuple[str, bytes], ...]) -> None:
    """Whatever headers hold, NUL and broken text among it, comes out as it went in, in order."""
    assert unpack_headers(pack_headers(headers)) == headers


def test_messages_of_one_cause_are_read_as_envelopes_of_their_own() -> None:
    """What siblings share is written once; each is read as the envelope that would have been made for it."""
    first = envelope()
    other = first.model_copy(update={"id": derived_id(ID, "other"), "subject": "item:2", "sequence": None})
    sibling = Sibling(derived_name(ID, "other"), first.type, "item:2", None, first.common_headers())
    said = Outgoing("tickets-events", "a", sibling, b"")
    assert Envelope.from_headers(unpack(said.packed())) == other
    assert Envelope.from_headers(sibling.to_headers()) == other


def test_message_is_its_json_with_its_envelope() -> None:
    """A body becomes JSON, bytes stay bytes, none is a tombstone; further headers follow the envelope's."""
    body = TicketsAnswered(command_id=ID, outcome="done")
    said = Outgoing("tickets-events", "a", envelope(), body, (("x", b"y"),))
    assert TicketsAnswered.model_validate_json(said.value() or b"") == body
    assert Envelope.from_headers(said.headers()) == envelope()
    assert said.headers()[-1] == ("x", b"y")
    assert sorted(unpack(said.packed())) == sorted(said.headers())
    assert Outgoing("tickets-events", "a", envelope(), b"raw").value() == b"raw"
    assert Outgoing("tickets-state", "a", envelope(), None).value() is None


class Rows:
    """A connection that keeps what is written to it, copied or inserted."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.woken = 0

    async def copy_records_to_table(self, _table: str, *, records: list[Any], columns: tuple[str, ...]) -> None:
        self.rows += [dict(zip(columns, row, strict=True)) for row in records]

    async def execute(self, _statement: str, *columns: list[Any]) -> None:
        names = ("topic", "key", "value", "headers")
        self.rows += [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        self.woken += 1


@pytest.mark.parametrize("count", [1, FEW, FEW + 1])
async def test_what_is_said_is_stored_in_order_and_wakes_the_relay_once(count: int) -> None:
    """Rows stand in the order in which they were said; nothing said wakes nobody."""
    rows: Any = Rows()
    await add(rows, [])
    assert rows.woken == 0
    keys = [str(number) for number in range(count)]
    await add(rows, [Outgoing("tickets-events", key, envelope(), b"{}") for key in keys])
    assert [row["key"] for row in rows.rows] == [key.encode() for key in keys]
    assert rows.woken == 1


async def test_record_larger_than_its_topic_takes_is_refused() -> None:
    """It would stop everything behind it: whoever says it fails, nothing is stored."""
    rows: Any = Rows()
    limit = TOPICS["tickets-events"].max_record_bytes
    with pytest.raises(ContractError, match="larger than"):
        await add(rows, [Outgoing("tickets-events", "a", envelope(), b"x" * limit)])
    await add(rows, [Outgoing("tickets-events", "a", envelope(), b"x" * 262_144)])
    assert len(rows.rows) == 1


async def test_topic_that_is_not_registered_is_refused() -> None:
    """The relay would wait for it for ever."""
    rows: Any = Rows()
    with pytest.raises(KeyError, match="tickets-gossip"):
        await add(rows, [Outgoing("tickets-gossip", "a", envelope(), b"{}")])
