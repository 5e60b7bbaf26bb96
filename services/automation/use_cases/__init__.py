"""What automation does with events and with commands about rules."""
