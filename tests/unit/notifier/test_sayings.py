"""What notifier says, and about what."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.notifier.domain.sayings import answer, delivery_sayings, fact
from shared.contracts.answers import NotifierAnswered
from shared.contracts.notifier import SuppressionChanged
from shared.contracts.state import SuppressionState
from tests.unit.notifier.builders import NOW, delivery, envelope


@pytest.mark.parametrize("status", ["queued", "sent", "failed", "expired", "suppressed"])
def test_fact_of_a_delivery_is_about_it_and_travels_with_its_item(status: str) -> None:
    """DESIGN §2: the sequence is the version of the aggregate that the subject names; the key keeps an item's order."""
    about = delivery(status=status, version=4)
    told, snapshot = delivery_sayings(about, envelope(), NOW)
    assert (told.envelope.subject, told.envelope.sequence) == (f"delivery:{about.id}", 4)
    assert told.key == str(about.item_id)
    assert (snapshot.envelope.subject, snapshot.envelope.sequence) == (told.envelope.subject, 4)


def test_fact_of_an_address_claims_no_order() -> None:
    """Facts about one address come with several items, so that no order holds among them: readers go by version."""
    known = SuppressionState(version=2, address="marta@cliente.example", reason="gone", at=NOW)
    told = fact(envelope(), "x", SuppressionChanged(suppression=known), "item", known, NOW)
    assert (told.envelope.subject, told.envelope.sequence) == ("suppression:marta@cliente.example", None)


def test_answer_is_about_its_command() -> None:
    """DESIGN §4: an answer names its command, has no version, and is the same on every replay."""
    command = envelope(id=UUID(int=5))
    body = NotifierAnswered(command_id=command.id, outcome="done")
    told = answer(command, body, "item", NOW)
    assert (told.envelope.subject, told.envelope.sequence) == (f"command:{command.id}", None)
    assert answer(command, body, "item", NOW + timedelta(days=1)).envelope.id == told.envelope.id


def test_what_is_said_stays_in_the_trace_of_its_cause() -> None:
    """Whoever follows a mail by its trace finds what was sent because of it."""
    context = f"00-{'a' * 32}-{'b' * 16}-01"
    told = delivery_sayings(delivery(), envelope(traceparent=context), NOW)
    assert {saying.envelope.traceparent for saying in told} == {context}
