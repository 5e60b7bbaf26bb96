"""What notifier is told."""

from pydantic import Field

from shared.messaging.host import ServiceSettings


class NotifierSettings(ServiceSettings):
    smtp_url: str = Field(pattern=r"^smtps?://")
    notifier_effects_max_age_hours: float = Field(24, gt=0)
    notifier_consumer: str = Field("notifier", pattern=r"^[a-z0-9-]{1,40}$")
    notifier_senders: int = Field(8, ge=1, le=100)
