"""Faults on purpose: a desk under load and failures, and a checker that believes evidence only."""
