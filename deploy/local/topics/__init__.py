"""`deskstream topics`: what stands on the log, decoded, on any Kafka."""
