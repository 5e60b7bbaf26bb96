"""Small rules by themselves: addresses, Message-ID keys, lifecycles, bounds; and what holds whatever happens."""

import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tickets.domain.addresses import (
    FREE_MAIL_DOMAINS,
    company_domain,
    domain_of,
    normalise,
    organisation_id,
    person_id,
)
from services.tickets.domain.bounds import FIELDS_BYTES, TEXT_BYTES, clip, fault_of_text, fitting_fields, size_of
from services.tickets.domain.lifecycle import (
    DEFAULT_STATUSES,
    awakened_status,
    fault_of_fields,
    first_status,
    is_incomplete,
    missing_fields,
    status_of,
)
from services.tickets.domain.message_ids import ELDEST, LONGEST_KEY_BYTES, NEAREST, all_keys, ancestor_keys, key_of
from services.tickets.repository.rows import Rendered
from shared.contracts.state import FieldSpec, StatusSpec, TypeState
from shared.contracts.tickets import AcceptHeld, ItemFact, SplitOff
from tests.unit.tickets.desk import MARTA, Desk, addresses, bordered, own_id, token

# ---- addresses


@given(st.emails())
def test_address_is_known_however_it_is_written(address: str) -> None:
    """P24: case, blanks and a closing dot make no other person; a known form stays as it is."""
    known = normalise(address)
    assert normalise(known) == known
    assert {normalise(f" {address} "), normalise(address.upper()), normalise(f"{address}.")} == {known}
    assert person_id(address.upper()) == person_id(address)


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("Ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
        ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
        ("JOSE\u0301@x.example", "josé@x.example"),
        ("no address", "no address"),
        ("a@" + "x" * 70 + ".example", "a@" + "x" * 70 + ".example"),
        ("", ""),
    ],
)
def test_addresses_of_all_scripts_have_one_form(written: str, known: str) -> None:
    """NFC, lower case, the domain in ASCII where it has such a form; what is no address stays text."""
    assert normalise(written) == known


@pytest.mark.parametrize("domain", sorted(FREE_MAIL_DOMAINS)[::20])
def test_free_mail_groups_nobody(domain: str) -> None:
    """R20: neither in any case nor with a dot."""
    assert company_domain(f"a@{domain.upper()}") is None


def test_company_groups_its_people() -> None:
    """P25: the domain is the company's; one without a dot is nobody's."""
    assert company_domain("a@Sorriso.example") == "sorriso.example"
    assert domain_of("A@Sorriso.example") == "sorriso.example"
    assert company_domain("a@localhost") is None
    assert company_domain("no address") is None
    assert organisation_id("a.example") != organisation_id("b.example")


# ---- Message-IDs


@given(st.text(min_size=1, max_size=3000))
def test_key_fits_an_index(message_id: str) -> None:
    """However long a Message-ID is, its key fits; equal ids have equal keys, and short ones are themselves."""
    key = key_of(message_id)
    assert len(key.encode(errors="replace")) <= LONGEST_KEY_BYTES
    assert key == key_of(message_id)
    if len(message_id.encode(errors="replace")) <= LONGEST_KEY_BYTES:
        assert key == message_id


@given(st.integers(0, 500))
def test_nearest_and_eldest_ancestors_are_looked_at(count: int) -> None:
    """R1: thousands of references cost no more than a hundred, and the root is always among them."""
    keys = ancestor_keys([f"{n}@x" for n in range(count)])
    assert len(keys) <= NEAREST + ELDEST
    assert keys[:1] == [f"{n}@x" for n in range(min(count, 1))]
    assert not count or keys[-1] == f"{count - 1}@x"


def test_own_id_stands_before_its_ancestors() -> None:
    """A mail's own id is one of its conversation's; an absent or empty one is none."""
    assert all_keys("own@x", ("", "a@x")) == ["own@x", "a@x"]
    assert all_keys(None, ()) == []
    assert all_keys("", ("a@x",)) == ["a@x"]


# ---- lifecycles

KIND = TypeState(
    version=1,
    key="k",
    label="Kind",
    statuses=DEFAULT_STATUSES,
    fields=(FieldSpec(key="shop", label="Shop", required=True), FieldSpec(key="note", label="Note")),
)


def test_lifecycle_knows_its_statuses() -> None:
    """The first is where items begin; a key that is not there is none."""
    assert first_status(KIND).key == "new"
    assert status_of(KIND, "solved") == DEFAULT_STATUSES[-1]
    assert status_of(KIND, "sung") is None


def test_item_wakes_to_the_first_status_of_work(desk: Desk) -> None:
    """A lifecycle without a status of work wakes to its first open one; with none at all, to its first."""
    item = desk.receive().item.model_copy(update={"status": "done", "state": "finished"})
    done = StatusSpec(key="done", label="Done", state="finished")
    fresh = StatusSpec(key="fresh", label="Fresh", state="not_started")
    for statuses, wanted in (((fresh, done), "fresh"), ((done, fresh), "fresh"), ((done,), None)):
        found = awakened_status(KIND.model_copy(update={"statuses": statuses}), item)
        assert (found.key if found else None) == wanted


def test_required_fields_are_missed_by_key() -> None:
    """P11: what is required and empty is missed; what is set is not."""
    assert missing_fields(KIND, {"note": "x"}) == ["shop"]
    assert missing_fields(KIND, {"shop": ""}) == ["shop"]
    assert missing_fields(KIND, {"shop": "porto"}) == []
    assert fault_of_fields(KIND, {"shop": "porto"}) is None


def test_item_of_no_type_is_incomplete(desk: Desk) -> None:
    """A type that is gone or retired flags its items."""
    item = desk.receive().item
    assert is_incomplete(None, item)
    assert is_incomplete(KIND.model_copy(update={"retired": True}), item)


# ---- bounds


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.integers(0, 400))
def test_clipped_text_is_a_beginning_that_fits(text: str, limit: int) -> None:
    """Whole characters, the first of the text, never over the limit."""
    short = clip(text, limit)
    assert text.startswith(short)
    assert len(short.encode()) <= limit
    assert short == text or len(text.encode()) > limit


def test_lone_surrogates_do_not_stop_a_batch() -> None:
    """Text that is no Unicode is measured all the same."""
    assert clip("\ud800" * 10, 100) == "\ud800" * 10
    assert fault_of_text("\ud800" * TEXT_BYTES) is None
    assert size_of({"a": "\ud800"}) == 2


values = st.dictionaries(st.text(max_size=10), st.text(max_size=40_000) | st.integers() | st.booleans(), max_size=8)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=30)
@given(values)
def test_fitting_fields_fit(fields: dict[str, str | int | bool]) -> None:
    """What is kept of a form's fields is within bounds; small ones are kept whole."""
    kept = fitting_fields(dict(fields))
    assert size_of(kept) <= FIELDS_BYTES
    assert kept.keys() <= fields.keys()
    if size_of(dict(fields)) <= FIELDS_BYTES // 2:
        assert kept == fields


# ---- whatever happens


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_whatever_comes_versions_facts_and_answers_hold_together(seed: int) -> None:
    """S5: over random days each item's versions have no gap, each fact carries its version, each input one answer."""
    desk, dice = Desk(), random.Random(seed)  # noqa: S311 - variety, not secrecy
    inputs = 0
    for _ in range(30):
        something(desk, dice)
        inputs += 1
    assert len(desk.answers()) == inputs
    steps: dict[UUID, list[int]] = {}
    for fact in desk.store.facts:
        if isinstance(fact.body, ItemFact):
            assert fact.sequence == fact.body.item.version
            steps.setdefault(fact.body.item.id, []).append(fact.sequence)
    for item in desk.store.items.values():
        assert steps[item.id] == list(range(1, item.version + 1))
        told = [m for m in desk.store.messages.values() if m.item_id == item.id]
        assert item.held_count == sum(m.held for m in told)
        assert all(not (m.held and m.public) for m in told)
        assert item.requester.id not in {f.id for f in item.followers}
    assert all(key == desk.store.messages[key].id for key in desk.store.messages)


def something(desk: Desk, dice: random.Random) -> None:
    """One of the things that happen on a day."""
    items = list(desk.store.items.values())
    senders = [MARTA, "joao@sorriso.example", "x@else.example", "rita@desk.example"]
    item = dice.choice(items) if items else None
    waiting = [m for m in desk.store.messages.values() if m.held]
    what = dice.choice(["new", "answer", "reply", "change", "held"])
    if what == "new" or item is None:
        desk.receive(dice.choice(senders), addressed=addresses(*dice.sample(senders, 2)))
    elif what == "answer":
        proof: dict[str, Any] = dice.choice([{"reply_tokens": (token(item),)}, {"subject_numbers": (item.number,)}])
        desk.receive(dice.choice(senders), **proof, **bordered(dice.choice(["none", "pass", "fail"])))
    elif what == "reply":
        message = desk.reply(item, public=dice.random() < 0.5)
        assert own_id(item, message).number == item.number
    elif what == "change" or not waiting:
        desk.change(item, status=dice.choice(["new", "waiting", "solved"]), priority=dice.choice(["low", "high"]))
    else:
        message = dice.choice(waiting)
        split = SplitOff(message_id=message.id, item_id=message.item_id, new_item_id=desk.new_id())
        desk.done(dice.choice([AcceptHeld(message_id=message.id, item_id=message.item_id), split]))


def test_fact_put_together_is_the_fact_itself(desk: Desk) -> None:
    """What goes on the log is the model's JSON, though its snapshots are written only once."""
    item = desk.receive(addressed=addresses("joao@sorriso.example")).item
    desk.reply(item, set={"priority": "high"})
    desk.receive("x@else.example", reply_tokens=(token(item),))
    rendered = Rendered()
    assert len(desk.store.facts) >= 6
    for fact in desk.store.facts:
        model = type(fact.body)
        assert model.model_validate_json(rendered.fact(fact.body)) == fact.body
