"""What tests stand on: real servers, and waiting for a condition instead of sleeping."""
