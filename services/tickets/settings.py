"""What tickets is told."""

from pydantic import Field

from shared.messaging.host import ServiceSettings


class TicketsSettings(ServiceSettings):
    tickets_admin_address: str = Field(min_length=3, max_length=254)
