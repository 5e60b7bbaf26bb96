"""A day of an internet provider and an aquarium shop, played through the real doors of a running desk."""
