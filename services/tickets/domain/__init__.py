"""What tickets decides: pure functions over a working set; no clock, no I/O."""
