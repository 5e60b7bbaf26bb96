"""The same caller with the same key is the same command."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.portal_gateway.domain.caller import Caller, fingerprint, keyed_id

ANA, RUI = UUID(int=1), UUID(int=2)
Values = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=4)


def test_keys_belong_to_their_caller() -> None:
    """Two callers with one key are two commands; one caller with one key is one."""
    assert keyed_id(ANA, "k") == keyed_id(ANA, "k")
    assert keyed_id(ANA, "k") != keyed_id(RUI, "k")
    assert keyed_id(ANA, "k") != keyed_id(ANA, "k2")


@given(Values, Values)
def test_equal_contents_have_equal_fingerprints(one: dict[str, object], other: dict[str, object]) -> None:
    """The order of members does not matter; any other value does."""
    shuffled = dict(reversed(list(one.items())))
    assert fingerprint("POST", "/x", one) == fingerprint("POST", "/x", shuffled)  # type: ignore[arg-type]
    assert (fingerprint(one) == fingerprint(other)) == (one == other)  # type: ignore[arg-type]


def test_path_and_method_are_part_of_the_content() -> None:
    """A key of one address does not answer at another."""
    assert fingerprint("POST", "/a", {}) != fingerprint("POST", "/b", {})


def test_what_is_made_derives_from_the_command() -> None:
    """A repeat makes nothing new, and different things have different ids."""
    caller = Caller("agent:1", ANA, datetime(2026, 11, 24, tzinfo=UTC))
    assert caller.derived("item") == caller.derived("item")
    assert caller.derived("item") != caller.derived("message")
    assert caller.derived("message").version == 5, "its Message-ID, a part of it, would not be its own"
