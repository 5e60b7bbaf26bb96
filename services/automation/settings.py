"""What automation is told."""

from pydantic import Field

from shared.messaging.host import ServiceSettings


class AutomationSettings(ServiceSettings):
    automation_effects_max_age_hours: float = Field(24, gt=0)
    automation_consumer: str = Field("automation", pattern=r"^[a-z0-9-]{1,40}$")
