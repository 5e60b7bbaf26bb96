"""What intake is told."""

from pydantic import Field

from shared.messaging.host import ServiceSettings


class IntakeSettings(ServiceSettings):
    """Doors, bounds, and whose word about a sender counts.

    Attributes:
        intake_smtp_port: 0 takes any free one.
        intake_lmtp_port: 0 opens no LMTP door.
        intake_connections: at once, of both doors together.
        intake_patience_seconds: with all connections taken, one that is silent for so long between mails, or five times
            as long inside one, makes room for the next.
        intake_held_bytes: of all mails that are coming in together; at least one of the largest size is taken.
        intake_authserv_id: whose Authentication-Results count (RFC 8601); empty where no border checks.
        intake_parsers: child processes that read mails.
        intake_sender_per_minute: mails a minute of one sender's address before it is asked to wait; 0 is no cap.
        intake_disk_reserve_bytes: free space of a local blob folder below which mail is put off.
    """

    intake_smtp_host: str = "127.0.0.1"
    intake_smtp_port: int = Field(2525, ge=0, le=65535)
    intake_lmtp_port: int = Field(0, ge=0, le=65535)
    intake_connections: int = Field(200, ge=1, le=10_000)
    intake_held_bytes: int = Field(104_857_600, ge=65_536)
    intake_patience_seconds: float = Field(1.0, gt=0)
    intake_idle_seconds: float = Field(300.0, gt=0)
    intake_max_mail_bytes: int = Field(26_214_400, ge=65_536)
    intake_authserv_id: str = ""
    intake_parsers: int = Field(2, ge=1, le=32)
    intake_sender_per_minute: int = Field(60, ge=0)
    intake_disk_reserve_bytes: int = Field(200_000_000, ge=0)
