"""Kafka in: events to the read model, signals between replicas."""
