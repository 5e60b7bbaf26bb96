"""What services pass over undecoded is what they would do nothing about; all else they read."""

from collections.abc import Callable

import pytest

from services.automation.handlers import wanted as automation
from services.notifier.handlers import wanted as notifier
from shared.contracts.answers import TicketsAnswered
from shared.contracts.intake import BounceReceived, ReceiptRecorded
from shared.contracts.tickets import ItemChanged, ItemCreated, MessageAdded, MessageHeld, ReferenceChanged
from shared.messaging.records import Record

Wanted = Callable[[Record], bool]


def record(topic: str, ce_type: str = "", key: bytes = b"k", **more: str) -> Record:
    headers = {"ce_type": ce_type, **more} if ce_type else {}
    packed = tuple((name, value.encode()) for name, value in headers.items())
    return Record(topic, 0, 0, key, b"{}", packed, 0)


@pytest.mark.parametrize("wanted", [notifier, automation])
def test_facts_about_items_are_read(wanted: Wanted) -> None:
    """Every fact that mails somebody or that a rule may be about."""
    for fact in (ItemCreated, ItemChanged, MessageAdded):
        assert wanted(record("tickets-events", fact.ce_type))
    assert not wanted(record("tickets-events", ReferenceChanged.ce_type))


def test_message_that_waits_for_staff_is_for_rules_alone() -> None:
    """It mails nobody; a rule may be about it."""
    assert automation(record("tickets-events", MessageHeld.ce_type))
    assert not notifier(record("tickets-events", MessageHeld.ce_type))


@pytest.mark.parametrize("wanted", [notifier, automation])
def test_what_cannot_be_read_is_looked_at(wanted: Wanted) -> None:
    """A record without headers, and one of a type that nobody knows, are for the dead letters and the counters."""
    assert wanted(record("tickets-events"))
    assert wanted(record("tickets-events", "deskstream.tickets.item.created.v9"))


def test_notifier_reads_reports_and_no_receipts() -> None:
    """A mail that comes in is told of by its item; only a report about our own mail concerns deliveries."""
    assert notifier(record("intake-events", BounceReceived.ce_type))
    assert not notifier(record("intake-events", ReceiptRecorded.ce_type))
    assert not notifier(record("tickets-events", TicketsAnswered.ce_type, ce_actor="rule:x"))


def test_automation_reads_answers_to_rules_only() -> None:
    """What an owner made of a rule's command stands in the decision; other answers concern their askers."""
    assert automation(record("tickets-events", TicketsAnswered.ce_type, ce_actor="rule:7"))
    assert not automation(record("tickets-events", TicketsAnswered.ce_type, ce_actor="agent:7"))


@pytest.mark.parametrize("wanted", [notifier, automation])
def test_of_what_tickets_keeps_mailboxes_are_copied(wanted: Wanted) -> None:
    """Items and people are not: each fact carries them."""
    assert wanted(record("tickets-setup", key=b"mailbox:support"))
    assert not wanted(record("tickets-setup", key=b"item:7"))
