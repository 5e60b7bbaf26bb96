"""The page on which the reader of a mail goes on: a customer's own, by a signed link; staff's in the workspace."""

from datetime import timedelta

from services.notifier.domain.desk import House
from shared.contracts.state import DeliveryState, ItemState
from shared.links import RequestLink, mint_request_token

LINK_AGE = timedelta(days=90)


def page_of(house: House, delivery: DeliveryState, item: ItemState) -> str:
    """The page's address; "" for someone who has none. The same for every attempt at a delivery."""
    person = delivery.recipient
    if person.staff:
        return f"{house.public_url}/workspace/tickets/{item.number}"
    if not person.link_nonce:
        return ""
    expires = int((delivery.created_at + LINK_AGE).timestamp())
    token = mint_request_token(house.keys, RequestLink(item.id, person.id, person.link_nonce, expires))
    return f"{house.public_url}/portal/requests/{token}"
