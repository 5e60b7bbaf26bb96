"""The envelope survives the way through record headers, and says clearly what is wrong with a bad one."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import Envelope, EnvelopeError

moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))]))
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)


@given(
    st.builds(
        Envelope,
        id=st.uuids(),
        type=words,
        source=words,
        time=moments,
        subject=words,
        correlationid=st.uuids(),
        causationid=st.none() | st.uuids(),
        actor=words,
        causes=st.lists(st.uuids().map(str)).map(tuple),
        sequence=st.none() | st.integers(0, 2**53),
        traceparent=st.none(),
        accepted_at=st.none() | moments,
    )
)
def test_headers_keep_the_envelope(envelope: Envelope) -> None:
    """What is written is read again, equal."""
    assert Envelope.from_headers(envelope.to_headers()) == envelope


@pytest.mark.parametrize(
    ("name", "value"),
    [("ce_id", b"not-a-uuid"), ("ce_time", b"yesterday"), ("ce_sequence", b"many"), ("ce_actor", b"\xff\xfe")],
)
def test_malformed_header_is_an_envelope_error(name: str, value: bytes) -> None:
    """A record with a bad header ends as a dead letter, not as a crash."""
    good = Envelope(
        id=uuid4(),
        type="t",
        source="s",
        time=datetime.now(UTC),
        subject="x",
        correlationid=uuid4(),
        actor="system:test",
        sequence=1,
    )
    headers = [(n, value if n == name else v) for n, v in good.to_headers()]
    with pytest.raises(EnvelopeError):
        Envelope.from_headers(headers)


def test_missing_header_is_an_envelope_error() -> None:
    """An attribute that is required is missed by name."""
    with pytest.raises(EnvelopeError, match="correlationid"):
        Envelope.from_headers([("ce_id", str(uuid4()).encode())])


def test_null_header_value_is_passed_over() -> None:
    """Kafka allows a header without a value; it must not end the batch."""
    good = Envelope(
        id=uuid4(),
        type="t",
        source="s",
        time=datetime.now(UTC),
        subject="x",
        correlationid=uuid4(),
        actor="system:test",
    )
    assert Envelope.from_headers([*good.to_headers(), ("x-null", None), ("traceparent", None)]) == good
