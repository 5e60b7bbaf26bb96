"""Doors in: SMTP and LMTP listeners."""
