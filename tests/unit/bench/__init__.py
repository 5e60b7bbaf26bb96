"""What can be wrong in the measuring itself."""
