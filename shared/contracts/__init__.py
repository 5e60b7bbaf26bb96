"""What the services say to each other: the envelope, the topics and every message; pure data, no service's code."""
