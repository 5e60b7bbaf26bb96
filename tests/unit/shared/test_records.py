"""Records are read one by one: each is a message, a type of the future, or a dead letter with a reason."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.answers import TicketsAnswered
from shared.contracts.intake import RAW_TYPE
from shared.contracts.state import MailboxState
from shared.errors import ContractError
from shared.messaging.dead_letters import headers_of, read_dead_letter
from shared.messaging.records import RawBody, Tombstone, read, replayed_for
from tests.unit.shared.builders import ID, NOON, envelope, record

ANSWER = TicketsAnswered(command_id=ID, outcome="done").model_dump_json().encode()


def test_known_type_is_decoded() -> None:
    """A record of ours becomes its model."""
    message = read(record(value=ANSWER))
    assert message is not None
    assert message.body == TicketsAnswered(command_id=ID, outcome="done")
    assert message.envelope == envelope()


def test_type_of_a_newer_version_is_none() -> None:
    """Old code passes over what it does not know."""
    assert read(record(headers=envelope(type="deskstream.tickets.item.sung.v1").to_headers())) is None


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"command_id": "x", "outcome": "done"}', None])
def test_value_that_is_not_its_type_is_a_contract_error(value: bytes | None) -> None:
    """Trying again cannot mend it."""
    with pytest.raises(ContractError, match=r"command\.answered"):
        read(record(value=value))


def test_reason_of_a_contract_error_quotes_nothing() -> None:
    """A reason stands in logs: it names the field and never its value."""
    with pytest.raises(ContractError) as fault:
        read(record(value=b'{"command_id": "canary-7", "outcome": "canary-7", "text": 7}'))
    assert "outcome" in str(fault.value)
    assert "canary-7" not in str(fault.value)


def test_missing_envelope_is_a_contract_error() -> None:
    """A record without our headers is no message."""
    with pytest.raises(ContractError, match="Field required"):
        read(record(headers=()))


def test_raw_mail_is_left_as_octets() -> None:
    """A raw mail is not decoded; its record carries it."""
    message = read(record(value=b"\xff\x00From: a", headers=envelope(type=RAW_TYPE).to_headers()))
    assert message is not None
    assert isinstance(message.body, RawBody)


def test_snapshot_is_decoded_by_the_kind_in_its_key() -> None:
    """What a state topic holds is known by the key's kind; no value means that the key is gone."""
    mailbox = MailboxState(version=1, key="support", label="Support", address="support@desk.example", type="request")
    place: dict[str, Any] = {"topic": "tickets-state", "key": b"mailbox:support"}
    message = read(record(value=mailbox.model_dump_json().encode(), **place))
    assert message is not None
    assert message.body == mailbox
    gone = read(record(value=None, **place))
    assert gone is not None
    assert isinstance(gone.body, Tombstone)
    assert read(record(value=b"{}", topic="tickets-state", key=b"choir:1")) is None
    with pytest.raises(ContractError):
        read(record(value=b"{}", **place))


def test_place_id_is_the_same_each_time() -> None:
    """A record without an id has one by its place, so that its dead letter is one dead letter."""
    assert record(4).place_id() == record(4).place_id()
    assert record(4).place_id() != record(5).place_id()
    assert record(4).place == "tickets-events[0]@4"


def test_dead_letter_keeps_the_record_as_it_came() -> None:
    """Key, bytes and headers of a dead letter are the record's own; place, reader and reason stand beside them."""
    original = record(7, value=b"\xff not json", headers=(*envelope().to_headers(), ("x", b"\x00\xff")))
    extra = headers_of(original, "notifier-mails", "it broke")
    kept = record(2, topic="tickets-events.notifier.dead", value=original.value, headers=(("ce_id", b"x"), *extra))
    letter = read_dead_letter(kept)
    assert letter is not None
    assert letter.original.headers == original.headers
    assert (letter.original.value, letter.original.key) == (original.value, original.key)
    assert letter.original.place == original.place
    assert (letter.service, letter.consumer, letter.reason) == ("notifier", "notifier-mails", "it broke")
    assert read_dead_letter(record(headers=())) is None


def test_replay_counts_from_when_it_was_sent_back() -> None:
    """A dead letter that staff send back is as old as its sending back; any other message as its fact."""
    late = int((NOON + timedelta(days=2)).timestamp() * 1000)
    plain = read(record(value=ANSWER, timestamp_ms=late))
    again = read(record(value=ANSWER, timestamp_ms=late, headers=(*envelope().to_headers(), ("ds_replay", b"tickets"))))
    assert plain is not None
    assert again is not None
    assert (plain.counts_from, replayed_for(plain.record)) == (NOON, None)
    assert (again.counts_from, replayed_for(again.record)) == (NOON + timedelta(days=2), "tickets")
