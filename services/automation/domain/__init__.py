"""What rules make of events: pure functions; no clock, no I/O."""
