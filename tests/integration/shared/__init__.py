"""What the services share, against real servers."""
