"""Load, decide, record: one transaction a batch, or an attempt."""
