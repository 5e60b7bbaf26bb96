"""Tokens of forms and receipts: one form, one receipt, a limited time."""

import string
from datetime import timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.portal_gateway.domain.form_token import (
    FORM_AGE,
    RECEIPT_AGE,
    answer_subject,
    form_subject,
    mint_form_token,
    mint_receipt_token,
    receipt_of,
    receipt_of_form,
)
from shared.secrets import Keys
from tests.unit.portal_gateway.portal.builders import KEYS, NOW

HARDWARE = form_subject("hardware")


def test_a_token_names_one_receipt_however_often_it_is_sent() -> None:
    """P6: twice clicked is once, and another form served is another receipt."""
    token = mint_form_token(KEYS, HARDWARE, uuid4(), NOW)
    first = receipt_of_form(KEYS, token, HARDWARE, NOW)
    assert first is not None
    assert receipt_of_form(KEYS, token, HARDWARE, NOW + timedelta(hours=1)) == first
    other = mint_form_token(KEYS, HARDWARE, uuid4(), NOW)
    assert receipt_of_form(KEYS, other, HARDWARE, NOW) not in {None, first}


def test_a_token_is_taken_for_its_own_form_only() -> None:
    """P12: a token of one form, request or desk sends nothing through another."""
    token = mint_form_token(KEYS, HARDWARE, uuid4(), NOW)
    assert receipt_of_form(KEYS, token, form_subject("request"), NOW) is None
    assert receipt_of_form(KEYS, token, answer_subject(uuid4(), uuid4()), NOW) is None
    assert receipt_of_form(Keys(b"x" * 32), token, HARDWARE, NOW) is None


def test_a_token_ends_before_its_answer_is_forgotten() -> None:
    """A token taken after its answer was forgotten would make a second ticket: answers are kept for seven days."""
    token = mint_form_token(KEYS, HARDWARE, uuid4(), NOW)
    assert receipt_of_form(KEYS, token, HARDWARE, NOW + FORM_AGE - timedelta(seconds=2)) is not None
    assert receipt_of_form(KEYS, token, HARDWARE, NOW + FORM_AGE + timedelta(seconds=1)) is None
    assert timedelta(days=7) > FORM_AGE


def test_a_receipt_token_shows_its_receipt_for_some_days() -> None:
    """P6: the confirmation can be opened again, by its own address alone."""
    receipt_id = uuid4()
    token = mint_receipt_token(KEYS, receipt_id, NOW)
    assert receipt_of(KEYS, token, NOW) == receipt_id
    assert receipt_of(KEYS, token, NOW + RECEIPT_AGE + timedelta(seconds=1)) is None
    assert receipt_of_form(KEYS, token, "", NOW) is None, "a receipt's token is no form's"
    assert receipt_of(KEYS, mint_form_token(KEYS, "", receipt_id, NOW), NOW) is None


@given(st.text(max_size=80), st.text(string.ascii_letters + string.digits + "-_=", max_size=60))
def test_whatever_is_no_token_of_ours_opens_nothing(anything: str, lookalike: str) -> None:
    """No text that somebody makes up is taken, and none breaks the page."""
    for text in (anything, lookalike):
        assert receipt_of(KEYS, text, NOW) is None
        assert receipt_of_form(KEYS, text, HARDWARE, NOW) is None


@given(st.integers(0, 49), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_no_changed_character_is_overlooked(place: int, letter: str) -> None:
    """Every character of a token counts."""
    token = mint_receipt_token(KEYS, uuid4(), NOW)
    changed = token[:place] + letter + token[place + 1 :]
    assert (receipt_of(KEYS, changed, NOW) is None) == (changed != token)
