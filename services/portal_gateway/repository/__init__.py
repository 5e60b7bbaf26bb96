"""Rows to snapshots and back, by subject; no rule, no branch on meaning."""
