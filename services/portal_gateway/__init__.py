"""portal_gateway serves people: pages, API, live stream, from a read model of its own; it decides about no item."""
