"""What the gateway shows and asks, as pure values: no clock, no I/O."""
