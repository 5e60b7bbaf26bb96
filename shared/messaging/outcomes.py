"""How one message of a batch ends."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """The effect is recorded, or there is none."""


@dataclass(frozen=True)
class Refused:
    """A normal answer, published, never tried again."""

    code: str


@dataclass(frozen=True)
class RetryLater:
    """Not now: the message is tried again in place after a pause, the partition's order is kept.

    Only this message's effects may be missing from the transaction: a handler that returns it has recorded nothing
    for it.
    """

    reason: str


@dataclass(frozen=True)
class DeadLetter:
    """Trying again cannot mend it: its bytes, place and reason go to the reader's dead letters."""

    reason: str


Outcome = Done | Refused | RetryLater | DeadLetter
