"""What the mail catcher is told."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CatcherSettings(BaseSettings):
    """From variables that begin with `CATCHER_`."""

    model_config = SettingsConfigDict(env_prefix="CATCHER_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    http_port: int = Field(ge=0, le=65535)
    smtp_port: int = Field(ge=0, le=65535)
    folder: Path
    desk_smtp: str = Field("", description="host:port of the desk's SMTP door; empty: answering is off")
    desk_domain: str = ""
