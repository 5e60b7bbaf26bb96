"""What intake reads and decides: bytes in, facts out; no clock, no I/O."""
