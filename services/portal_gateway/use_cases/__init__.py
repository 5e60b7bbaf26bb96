"""What the gateway does for people and with events: load, decide, record, or ask an owner."""
