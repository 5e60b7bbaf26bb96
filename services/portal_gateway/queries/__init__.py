"""Every statement of the gateway, named and explained."""
