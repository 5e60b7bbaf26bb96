"""The fixtures that every kind of test may ask for; nothing is started until one does."""

from tests.support.servers import (
    admin_database_url,
    database_templates,
    kafka_bootstrap,
    make_database,
    topic_prefix,
)

__all__ = ["admin_database_url", "database_templates", "kafka_bootstrap", "make_database", "topic_prefix"]
