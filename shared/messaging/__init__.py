"""Kafka as the services use it: one consumer loop, one relay, one acked producer, all settings in one place."""
