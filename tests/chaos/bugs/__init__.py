"""Bugs on purpose, of the kinds that lose or double things: switches of the test tree that no service knows.

A process starts with one of them in it where ``PYTHONPATH`` begins with this folder and ``CHAOS_BUG`` names it.
"""
