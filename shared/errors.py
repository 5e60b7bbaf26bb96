"""The trees of errors that cross rooms: what can be tried again, and what never will work.

Refusals are values, not exceptions: see `shared.messaging.outcomes`.
"""


class TransientError(Exception):
    """Something is away or busy; the same call may work later. Catchers back off and try again."""


class ContractError(Exception):
    """A message breaks its contract; trying again cannot mend it. Catchers make it a dead letter."""
