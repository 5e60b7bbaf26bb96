"""What the gateway is told."""

from pydantic import Field

from shared.messaging.host import ServiceSettings


class GatewaySettings(ServiceSettings):
    """Where it listens, how long it waits for answers, and its limits.

    Attributes:
        gateway_http_port: 0 takes any free one.
        gateway_answer_seconds: how long a page waits for a command's answer before it says "accepted".
        gateway_query_seconds: how long one statement of a page may take.
        gateway_form_per_minute: posts a minute from one client address; more are asked to wait.
        gateway_max_upload_bytes: of all files of one post together.
        gateway_session_hours: a session ends after so many hours without use.
        gateway_authorise_seconds: an open stream ends so long after its session or token does, at most.
        gateway_trusted_proxies: addresses whose X-Forwarded-For counts, by comma; empty trusts nobody.
    """

    gateway_http_host: str = "127.0.0.1"
    gateway_http_port: int = Field(8080, ge=0, le=65535)
    gateway_answer_seconds: float = Field(2.0, gt=0)
    gateway_query_seconds: float = Field(2.0, gt=0)
    gateway_form_per_minute: int = Field(20, ge=1)
    gateway_max_upload_bytes: int = Field(26_214_400, ge=65_536)
    gateway_session_hours: float = Field(14.0, gt=0)
    gateway_authorise_seconds: float = Field(60.0, gt=0)
    gateway_trusted_proxies: str = ""
