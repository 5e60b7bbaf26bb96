"""The consumer loop, the relay and the log's tools on a real Kafka and a real PostgreSQL."""
