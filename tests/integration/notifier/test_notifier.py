"""Mails that follow from facts: who gets one, once, and what became of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts.base import Message
from shared.contracts.intake import BouncedRecipient, BounceReceived
from shared.contracts.notifier import DeliveryFact, DeliveryFailed, DeliveryQueued, DeliverySent, RetryDelivery
from shared.contracts.state import DeliveryState, ItemState, MailboxState
from shared.ids import new_id
from tests.integration.notifier.conftest import Start
from tests.integration.notifier.sink import Received, Sink
from tests.integration.wire import Wire
from tests.support.waiting import eventually
from tests.unit.notifier.builders import added, agent, by_customer, item, message, person, rule_mail


async def say(wire: Wire, body: Message, of: ItemState, **about: Any) -> UUID:
    return (await wire.send(body, str(of.id), **about)).id


async def test_public_message_reaches_requester_and_followers_once(wire: Wire, sink: Sink, start: Start) -> None:
    """P28, P29, R6: one mail each under one Message-ID, shown as queued, then sent with its attempt."""
    await start()
    of = item(followers=(person("bea@cliente.example"), person("carl@cliente.example")))
    body = added(of)
    identity = new_id()
    for _ in range(3):
        await wire.send(body, str(of.id), message_id=identity)
    sent = await wire.wait_for(DeliverySent, count=3)
    await wire.settle()
    assert sorted(mail.recipient for mail in sink.given) == [
        "bea@cliente.example",
        "carl@cliente.example",
        "marta@cliente.example",
    ]
    assert len({mail.message_id for mail in sink.given}) == 1
    assert len([m for m in wire.seen if isinstance(m.body, DeliveryQueued)]) == 3
    for told in sent:
        assert isinstance(told.body, DeliverySent)
        assert [a.outcome for a in told.body.delivery.attempts] == ["sent"]
    kept = await wire.wait_for(DeliveryState, lambda b: b.status == "sent", count=3)
    assert {m.record.topic for m in kept} == {"notifier-state"}
