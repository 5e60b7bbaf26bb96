"""What became of mails, as the API tells it: on messages, beside the actions of rules, and tried again."""

import asyncio
from typing import Any

import httpx2

from shared.contracts.answers import NotifierAnswered
from shared.contracts.automation import EventDecided
from shared.contracts.notifier import DeliveryFailed, DeliveryQueued, RetryDelivery
from shared.contracts.state import ActionTaken, DecisionState, DeliveryState, PersonRef, Verdict
from shared.ids import new_id
from tests.integration.portal_gateway.two_gateways import Desk, done, now, uuid_of
from tests.support.waiting import eventually


def failed_mail(item: dict[str, Any], **more: Any) -> DeliveryState:
    """A mail about an item that was refused for good."""
    values = {
        "version": 1,
        "id": new_id(),
        "item_id": uuid_of(item["id"]),
        "item_number": item["number"],
        "recipient": PersonRef(id=new_id(), address="ana@shop.example"),
        "subject": "ONT",
        "rfc_message_id": "1.x@desk.example",
        "status": "failed",
        "created_at": now(),
        "updated_at": now(),
    }
    return DeliveryState.model_validate(values | more)


async def test_failed_delivery_is_tried_again(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """R6: a message shows its worst mail; the retry goes to notifier, its answer shows the delivery."""
    made = await gateways.new_item(client)
    message = (await client.get(f"/api/v1/items/{made['number']}/messages")).json()["items"][0]
    delivery = failed_mail(made, kind="message", message_id=uuid_of(message["id"]))
    await gateways.wire.send(DeliveryFailed(delivery=delivery), made["id"])

    async def failed() -> bool:
        found = (await client.get(f"/api/v1/items/{made['number']}/messages")).json()["items"]
        return bool(found[0]["delivery"] == "failed")

    await eventually(failed, "the failure on the message")
    retrying = asyncio.create_task(client.post(f"/api/v1/deliveries/{delivery.id}/retry"))
    cause, command = await gateways.asked(RetryDelivery)
    assert command.delivery_id == delivery.id
    queued = delivery.model_copy(update={"version": 2, "status": "queued"})
    await gateways.tell(cause, made["id"], DeliveryQueued(delivery=queued), done(NotifierAnswered, cause))
    assert (await retrying).json()["status"] == "queued"
    assert (await client.post(f"/api/v1/deliveries/{new_id()}/retry")).status_code == 404


async def test_decision_says_what_became_of_a_rules_mail(gateways: Desk, client: httpx2.AsyncClient) -> None:
    """R6, R11: beside the action that asked for a mail stands what became of it, as soon as notifier tells."""
    made = await gateways.new_item(client)
    effect, rule_id = new_id(), new_id()
    taken = ActionTaken(index=0, do="mail", outcome="emitted", effect_id=effect)
    verdict = Verdict(rule_id=rule_id, rule_name="R", rule_version=1, matched=True, reason="", actions=(taken,))
    decision = DecisionState(
        version=1,
        id=new_id(),
        event_id=new_id(),
        item_id=uuid_of(made["id"]),
        item_number=made["number"],
        item_version=1,
        trigger="created",
        rule_set_version=1,
        verdicts=(verdict,),
        at=now(),
    )
    mail = failed_mail(made, kind="rule", rule_id=str(rule_id), effect_id=effect)
    await gateways.wire.send(EventDecided(decision=decision), made["id"])
    await gateways.wire.send(DeliveryFailed(delivery=mail), made["id"])

    async def failed() -> bool:
        found = (await client.get(f"/api/v1/items/{made['number']}/decisions")).json()["items"]
        actions = [action for each in found for verdict in each["verdicts"] for action in verdict["actions"]]
        return [(action["outcome"], action["delivery"]) for action in actions] == [("emitted", "failed")]

    await eventually(failed, "the failure beside the action")
