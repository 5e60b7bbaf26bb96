"""Measurements: how fast a stage is on this machine, beside the least that could do its work."""
