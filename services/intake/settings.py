"""What intake is told."""

from pydantic import Field

from shared.messaging.host import ServiceSettings


class IntakeSettings(ServiceSettings):
    intake_smtp_host: str = "127.0.0.1"
    intake_smtp_port: int = Field(2525, ge=0, le=65535)
    intake_max_mail_bytes: int = Field(26_214_400, ge=65_536)
    intake_authserv_id: str = ""
    intake_parsers: int = Field(2, ge=1, le=32)
    intake_disk_reserve_bytes: int = Field(200_000_000, ge=0)
