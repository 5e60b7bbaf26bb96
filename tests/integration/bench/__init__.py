"""The measuring on a real database."""
