"""A mail server of a trial: takes every mail the desk sends, shows it, and answers as the customer who got it.

It never passes a mail on to anyone but the desk's own door.
"""
