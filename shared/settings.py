"""The pieces that every service's settings are made of: frozen, from the environment, secrets never printed.

A service's own class inherits the pieces it needs and adds its prefix-named fields. Nothing is read at import.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_BYTES = 32


class Settings(BaseSettings):
    """Read once in `__main__`; unknown variables are other programs' business."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class KafkaSettings(Settings):
    """Where the log is and how its topics are named."""

    kafka_bootstrap_servers: str
    kafka_topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]*$", max_length=64)
    kafka_partitions: int = Field(12, ge=1, le=1000)
    kafka_replication: int = Field(1, ge=1, le=10)
    # How long a member may be silent before its partitions go to another; brokers allow no less than six seconds.
    kafka_session_timeout_ms: int = Field(10_000, ge=6_000, le=60_000)


class PostgresSettings(Settings):
    """The service's own database, under its own role; the URL carries the password."""

    database_url: SecretStr

    @field_validator("database_url")
    @classmethod
    def is_postgresql(cls, value: SecretStr) -> SecretStr:
        """A URL of another database is refused before the first connection.

        Raises:
            ValueError: The scheme is not PostgreSQL's.
        """
        if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return value


class CommonSettings(Settings):
    """What every process of the desk is told."""

    blob_url: str
    public_url: str
    secret_file: Path
    mail_domain: str = Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=200)
    health_host: str = "127.0.0.1"
    health_port: int = Field(ge=0, le=65535)
    log_format: Literal["json", "pretty"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    replica: str = Field("1", pattern=r"^[A-Za-z0-9._-]+$", max_length=64)
    crash_at: str = ""
    clock_offset_seconds: int = 0

    @field_validator("public_url")
    @classmethod
    def without_slash(cls, value: str) -> str:
        """Links are made by appending a path: a closing slash would double."""
        return value.rstrip("/")

    def master_secret(self) -> SecretStr:
        """The desk's master secret in hex, read from its file; keys are derived from it and it is kept nowhere.

        Raises:
            ValueError: The file does not hold 32 bytes in hex.
        """
        text = self.secret_file.read_text().strip()
        if len(text) != 2 * SECRET_BYTES or not set(text) <= set("0123456789abcdef"):
            raise ValueError(f"{self.secret_file} must hold {SECRET_BYTES} bytes in lower-case hex")
        return SecretStr(text)
