"""When a delivery is tried again, and when it is given up."""

from datetime import datetime, timedelta

from shared.contracts.state import Attempt, DeliveryState

GIVE_UP_AFTER = timedelta(days=5)
_PAUSES = (2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)


def after_attempt(delivery: DeliveryState, attempt: Attempt, began_at: datetime) -> DeliveryState:
    """The delivery as an attempt leaves it: sent, failed for good, or waiting for another.

    A lost answer (`unknown`) is tried again under the same Message-ID: the recipient's server may have it already.
    """
    attempts = (*delivery.attempts, attempt)[-50:]
    values: dict[str, object] = {"attempts": attempts, "updated_at": attempt.at, "version": delivery.version + 1}
    if attempt.outcome == "sent":
        values |= {"status": "sent", "reason": "", "next_attempt_at": None}
    elif attempt.outcome == "refused":
        values |= {"status": "failed", "reason": attempt.detail, "next_attempt_at": None}
    elif attempt.at - began_at > GIVE_UP_AFTER:
        values |= {"status": "failed", "reason": f"given up after five days: {attempt.detail}", "next_attempt_at": None}
    else:
        pause = _PAUSES[min(len(attempts) - 1, len(_PAUSES) - 1)]
        values |= {"reason": attempt.detail, "next_attempt_at": attempt.at + timedelta(seconds=pause)}
    return delivery.model_copy(update=values)
