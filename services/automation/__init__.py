"""automation owns rules and decisions; it changes nothing itself, it asks the owners."""
