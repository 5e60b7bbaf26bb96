"""The checker: believes evidence only, and knows nothing of the code under test."""
