"""What filters see of an event, and what it fires."""

from typing import Any

import pytest

from services.automation.domain.facts import Happened
from services.automation.domain.filters import FIELDS
from shared.contracts.state import OrganisationRef
from shared.contracts.tickets import MessageSplit
from shared.ids import new_id
from tests.unit.automation.builders import added, changed, created, envelope, held, item, message, person


@pytest.mark.parametrize(
    ("event", "triggers"),
    [
        (created(), ("created",)),
        (changed(), ("changed",)),
        (added(), ("message_added",)),
        (added(changes={"status": ("waiting", "new")}), ("message_added", "changed")),
        (held(), ("held",)),
    ],
)
def test_event_fires_its_triggers(event: Happened, triggers: tuple[str, ...]) -> None:
    """P42: a message that sets the status, or wakes the item, is a change as well."""
    assert event.triggers == triggers


def test_split_fires_nothing_of_its_own() -> None:
    """The item that a message leaves has not changed for anyone; the new item fires *created*."""
    of = item()
    fact = MessageSplit(item=of, message=message(of), new_item_id=new_id(), new_number=7)
    assert Happened(envelope(fact), fact).triggers == ()


@pytest.mark.parametrize(
    ("event", "initiator"),
    [
        (created(), "customer"),
        (created(message_of={"automatic": "auto_reply"}), "system"),
        (created(message_of={"automatic": "list"}), "customer"),
        (created(actor=f"agent:{new_id()}"), "agent"),
        (added(message_of={"by": "staff"}), "agent"),
        (added(message_of={"by": "system"}, actor=f"rule:{new_id()}"), "rule"),
        (changed(actor=f"rule:{new_id()}"), "rule"),
        (changed(actor=f"customer:{new_id()}"), "customer"),
    ],
)
def test_initiator_is_who_began_it(event: Happened, initiator: str) -> None:
    """R13: conditions see whether an agent, a customer, a rule or a machine began it."""
    assert event.initiator == initiator
    assert event.facts["initiator"] == initiator


def test_every_field_that_a_filter_may_ask_for_is_there() -> None:
    """P41: nothing that filters name is silently absent."""
    of = item(organisation=OrganisationRef(id=new_id(), name="Loja"), assignee=person("rita@desk.example", staff=True))
    assert set(created(of).facts) >= FIELDS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requester.address", "marta@cliente.example"),
        ("requester.domain", "cliente.example"),
        ("assignee.address", "rita@desk.example"),
        ("organisation", "Loja"),
        ("followers", ["bea@b.example"]),
        ("mailbox", "support"),
        ("tags", ["vip"]),
        ("fields.shop", "porto"),
        ("attachments", 0),
        ("automatic", False),
    ],
)
def test_facts_are_values_that_people_write_in_filters(field: str, value: Any) -> None:
    """P67: keys, addresses in lower case, and custom fields under their keys."""
    of = item(
        requester=person("Marta@Cliente.example"),
        assignee=person("Rita@desk.example", staff=True),
        organisation=OrganisationRef(id=new_id(), name="Loja"),
        followers=(person("Bea@b.example"),),
        tags=("vip",),
        fields={"shop": "porto"},
    )
    assert created(of).facts[field] == value
