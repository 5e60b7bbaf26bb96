"""What the pages show: plain values made from snapshots, with every word, number and choice settled.

Invariant: pure. A template branches on what a view model says and computes nothing; a view model knows no HTML.
"""
