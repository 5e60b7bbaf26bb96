"""Names that prove themselves: reply addresses, Message-IDs, links; keys and ids they are made of."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.ids import derived_id, derived_name, new_id, seed_id
from shared.links import RequestLink, mint_request_token, verify_request_token
from shared.reply_address import (
    PREFIX_BYTES,
    mint_bounce_address,
    mint_message_id,
    mint_reply_address,
    verify_bounce_address,
    verify_message_id,
    verify_reply_address,
)
from shared.secrets import Keys

KEYS = Keys.from_hex(SecretStr("ab" * 32))
OTHERS = Keys.from_hex(SecretStr("cd" * 32))
NOW = datetime(2026, 11, 25, tzinfo=UTC)
numbers = st.integers(0, 10**12 - 1)


def folded(text: str, how: int) -> str:
    """As mail servers on the way may write it."""
    return [text, text.upper(), text.title(), text.swapcase()][how]


@given(numbers, st.uuids(), st.integers(0, 3))
def test_message_id_says_item_and_message_in_any_case(number: int, message: UUID, how: int) -> None:
    """Our own Message-ID is known again, folded or in brackets, and names item and message."""
    claim = verify_message_id(KEYS, f" <{folded(mint_message_id(KEYS, number, message, 'desk.example'), how)}> ")
    assert claim is not None
    assert (claim.number, claim.message_prefix) == (number, message.hex[:20])


@given(numbers, st.integers(0, 3))
def test_reply_address_says_item_and_mailbox_in_any_case(number: int, how: int) -> None:
    """A reply address survives a server that folds its case, and fits a local part."""
    address = mint_reply_address(KEYS, "hardware", number, "desk.example")
    assert len(address.rpartition("@")[0]) <= 64
    claim = verify_reply_address(KEYS, folded(address, how))
    assert claim is not None
    assert (claim.number, claim.mailbox) == (number, "hardware")


@given(st.uuids(), st.integers(0, 3))
def test_bounce_address_says_its_delivery_in_any_case(delivery: UUID, how: int) -> None:
    """A report to the envelope sender names the delivery that failed; the local part fits."""
    address = mint_bounce_address(KEYS, delivery, "desk.example")
    assert len(address.rpartition("@")[0]) <= 64
    assert verify_bounce_address(KEYS, folded(address, how)) == delivery


def test_longest_mailbox_fits_a_local_part() -> None:
    """Twenty characters of mailbox and twelve digits fit 64 octets (RFC 5321 §4.5.3.1.1); one more is refused."""
    local = mint_reply_address(KEYS, "m" * 20, 10**12 - 1, "x").rpartition("@")[0]
    assert len(local) <= 64
    with pytest.raises(ValueError, match="longer than 20"):
        mint_reply_address(KEYS, "m" * 21, 1, "x")


@given(st.data())
def test_name_with_any_character_changed_proves_nothing(data: st.DataObject) -> None:
    """R2: nobody guesses a name: a changed number, key or signature is not ours."""
    address = mint_reply_address(KEYS, "support", 1042, "desk.example")
    message_id = mint_message_id(KEYS, 1042, UUID(int=7), "desk.example")
    for verify, text, skipped in ((verify_reply_address, address, 8), (verify_message_id, message_id, 0)):
        end = text.index("@")
        at = data.draw(st.integers(skipped, end - 1))
        other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567.1089\u017f\u212a"))
        changed = text[:at] + other + text[at + 1 :]
        if changed.lower() != text:
            assert verify(KEYS, changed) is None


@pytest.mark.parametrize(
    "text", ["", "@", "support+1042@desk.example", "<1.2.3.4@x>", "support+1.1." + "\u017f" * 16 + "@x", "a" * 10_000]
)
def test_what_is_not_ours_proves_nothing(text: str) -> None:
    """Anybody's text is looked at without harm."""
    assert verify_reply_address(KEYS, text) is None
    assert verify_message_id(KEYS, text) is None
    assert verify_bounce_address(KEYS, text) is None


def test_name_of_another_desk_proves_nothing() -> None:
    """A desk believes only names that were made with its own secret."""
    assert verify_reply_address(KEYS, mint_reply_address(OTHERS, "support", 1, "x")) is None
    assert verify_message_id(KEYS, mint_message_id(OTHERS, 1, uuid4(), "x")) is None
    assert verify_bounce_address(KEYS, mint_bounce_address(OTHERS, uuid4(), "x")) is None


def test_one_kind_of_name_is_not_another() -> None:
    """A signature for one purpose proves nothing elsewhere, though all come from one secret."""
    assert verify_reply_address(KEYS, mint_bounce_address(KEYS, uuid4(), "x")) is None
    assert KEYS.key("a") != KEYS.key("b")
    assert KEYS.mac("a", b"m") != KEYS.mac("b", b"m")
    assert KEYS.key("a") == Keys.from_hex(SecretStr("ab" * 32)).key("a")
    assert "ab" * 4 not in repr(KEYS)


links = st.builds(
    RequestLink,
    st.uuids(),
    st.uuids(),
    st.binary(min_size=8, max_size=8).map(bytes.hex),
    st.integers(int(NOW.timestamp()) + 1, 2**40 - 1),
)


@given(links)
def test_link_opens_what_it_was_made_for(link: RequestLink) -> None:
    """P14: the token is one person's for one item, until it expires; another desk's opens nothing."""
    token = mint_request_token(KEYS, link)
    assert verify_request_token(KEYS, token, NOW) == link
    assert verify_request_token(OTHERS, token, NOW) is None
    late = datetime.fromtimestamp(min(link.expires_at_seconds, 10**11), UTC) + timedelta(seconds=1)
    if late.timestamp() > link.expires_at_seconds:
        assert verify_request_token(KEYS, token, late) is None


@given(links, st.data())
def test_changed_link_opens_nothing(link: RequestLink, data: st.DataObject) -> None:
    """Neither item, person, nonce nor expiry can be changed by whoever holds the token."""
    token = mint_request_token(KEYS, link)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCabc019-_=+/ é"))
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        assert verify_request_token(KEYS, changed, NOW) is None
    assert verify_request_token(KEYS, token[:-1], NOW) is None
    assert verify_request_token(KEYS, token + "A", NOW) is None


def test_messages_of_one_moment_have_message_ids_of_their_own() -> None:
    """A Message-ID holds the first 80 bits of its message's id; of 100,000 made at once no two share them."""
    messages = [derived_id(new_id(), "message") for _ in range(100_000)]
    assert len({message.bytes[:PREFIX_BYTES] for message in messages}) == len(messages)


def test_ids_sort_by_time_and_derived_ones_repeat() -> None:
    """New ids sort after older ones; what follows from the same cause for the same purpose has the same id."""
    made = [new_id() for _ in range(100)]
    assert made == sorted(made)
    assert len(set(made)) == 100
    cause = made[0]
    assert derived_id(cause, "rule:1:0") == derived_id(cause, "rule:1:0")
    assert len({derived_id(cause, "rule:1:0"), derived_id(cause, "rule:1:1"), derived_id(made[1], "rule:1:0")}) == 3
    assert seed_id("person:rita@desk.example") == seed_id("person:rita@desk.example")
    assert seed_id("person:rita@desk.example") != seed_id("person:tomas@desk.example")


@given(st.uuids(), st.text(max_size=40))
def test_derived_id_is_written_as_the_standard_says(cause: UUID, purpose: str) -> None:
    """Both ways to derive one give the standard library's UUIDv5 (RFC 9562 §5.5)."""
    assert derived_name(cause, purpose) == str(derived_id(cause, purpose)) == str(uuid5(cause, purpose))
