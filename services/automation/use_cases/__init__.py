"""Load, decide, record: one transaction a batch."""
