"""Every number that a process tells, with its unit and what it means."""

from prometheus_client import Counter, Gauge, Histogram

CONSUMED = Counter(
    "deskstream_messages_consumed_total", "Messages by how they ended.", ["consumer", "topic", "outcome"]
)
UNKNOWN_TYPES = Counter("deskstream_unknown_types_total", "Records of a type newer than this code.", ["topic"])
BATCH_SECONDS = Histogram(
    "deskstream_batch_seconds",
    "From records in hand to offsets committed.",
    ["consumer"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BATCH_SIZE = Histogram(
    "deskstream_batch_records", "Records of a batch.", ["consumer"], buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500)
)
LAG = Gauge(
    "deskstream_consumer_lag_records", "Records between our place and the end.", ["consumer", "topic", "partition"]
)
OLDEST_AGE = Gauge(
    "deskstream_consumer_oldest_age_seconds", "Age of the oldest record that is not done yet; 0 if none.", ["consumer"]
)
OUTBOX_DEPTH = Gauge("deskstream_outbox_rows", "Messages said and not yet published.")
OUTBOX_AGE = Gauge("deskstream_outbox_oldest_age_seconds", "Age of the oldest message not yet published.")
PUBLISHED = Counter("deskstream_messages_published_total", "Messages the broker has acknowledged.", ["topic"])
HTTP_SECONDS = Histogram(
    "deskstream_http_seconds",
    "HTTP answers by route and status.",
    ["route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
EFFECTS = Counter("deskstream_effects_total", "Acts on the outside world by kind and outcome.", ["kind", "outcome"])
DOOR = Counter("deskstream_door_answers_total", "What a door answered.", ["door", "answer"])
