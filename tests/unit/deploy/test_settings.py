"""Settings refuse what cannot work, and never show a secret."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.automation.settings import AutomationSettings
from services.notifier.settings import NotifierSettings
from shared.messaging.host import ServiceSettings
from shared.settings import CommonSettings, KafkaSettings, PostgresSettings

#: What a service needs to be told.
SERVICE: dict[str, Any] = {
    "kafka_bootstrap_servers": "k:1",
    "database_url": "postgresql://h/d",
    "blob_url": "file:///b",
    "public_url": "http://desk/",
    "secret_file": "/s",
    "mail_domain": "desk.example",
    "health_port": 0,
    "smtp_url": "smtp://h:25",
}


def common(**changes: object) -> CommonSettings:
    values: dict[str, object] = {
        "blob_url": "file:///b",
        "public_url": "http://desk/",
        "secret_file": "/s",
        "mail_domain": "desk.example",
        "health_port": 0,
    }
    return CommonSettings(**{**values, **changes})  # type: ignore[arg-type]  # bad values are the point


def test_a_database_url_of_another_kind_is_refused() -> None:
    """Only PostgreSQL's scheme is taken."""
    with pytest.raises(ValidationError, match="postgresql"):
        PostgresSettings(database_url="mysql://u:sesame@h/d")


def test_a_password_is_in_no_repr_and_no_error() -> None:
    """Neither the settings nor the message of a bad value carry the password."""
    assert "sesame" not in repr(PostgresSettings(database_url="postgresql://u:sesame@h/d"))
    with pytest.raises(ValidationError) as refused:
        PostgresSettings(database_url="mysql://u:sesame@h/d")
    assert "sesame" not in str(refused.value)


def test_nothing_secret_or_local_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without its addresses does not start."""
    for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValidationError):
        PostgresSettings()
    with pytest.raises(ValidationError):
        KafkaSettings()


def test_a_prefix_that_kafka_would_refuse_is_refused() -> None:
    """Topic names take letters, digits, dot, underscore and dash."""
    with pytest.raises(ValidationError):
        KafkaSettings(kafka_bootstrap_servers="k:1", kafka_topic_prefix="a/b")


@pytest.mark.parametrize("bad", [{"mail_domain": "Desk Example"}, {"health_port": 70000}, {"log_level": "LOUD"}])
def test_bad_common_values_are_refused(bad: dict[str, object]) -> None:
    """Each validator has a value it turns down."""
    with pytest.raises(ValidationError):
        common(**bad)


@pytest.mark.parametrize("model", [AutomationSettings, NotifierSettings])
@pytest.mark.parametrize("name", ["tickets", "", "Again", "{0}x", "{0}-", "{0}-" + "x" * 40, "{0}_2"])
def test_consumer_renamed_to_something_foreign_is_refused(model: type[ServiceSettings], name: str) -> None:
    """B8: under another service's name it would take over its group; the error names the setting."""
    service = model.__name__.removesuffix("Settings").lower()
    setting = f"{service}_consumer"
    foreign: dict[str, Any] = {**SERVICE, setting: name.format(service)}
    with pytest.raises(ValidationError, match=setting):
        model(**foreign)
    of_ours: dict[str, Any] = {**SERVICE, setting: f"{service}-again-2"}
    assert getattr(model(**of_ours), setting) == f"{service}-again-2"


def test_public_url_ends_without_a_slash() -> None:
    """Paths are appended to it."""
    assert common().public_url == "http://desk"


def test_settings_are_frozen() -> None:
    """What a process was started with does not change under it."""
    with pytest.raises(ValidationError):
        common().replica = "2"  # type: ignore[misc]


def test_the_master_secret_must_be_whole(tmp_path: Path) -> None:
    """A truncated or foreign file is refused, a right one is read."""
    secret_file = tmp_path / "secret"
    secret_file.write_text("ab" * 31)
    with pytest.raises(ValueError, match="32 bytes"):
        common(secret_file=str(secret_file)).master_secret()
    secret_file.write_text("ab" * 32 + "\n")
    assert common(secret_file=str(secret_file)).master_secret().get_secret_value() == "ab" * 32
