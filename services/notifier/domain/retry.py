"""When a delivery is tried again, and when it is given up."""

from datetime import datetime, timedelta

from shared.contracts.state import Attempt, DeliveryState

GIVE_UP_AFTER = timedelta(days=5)
ATTEMPTS_KEPT = 50
#: Seconds between attempts; the last one repeats. A server that comes back wakes its deliveries sooner.
PAUSES = (2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)


def after_attempt(delivery: DeliveryState, attempt: Attempt, began_at: datetime) -> DeliveryState:
    """The delivery as an attempt leaves it: sent, failed for good, or waiting for another.

    A lost answer (`unknown`) is tried again under the same Message-ID: the recipient's server may have it already.

    Args:
        delivery: as it was before; one that is not queued any more (a report came meanwhile) keeps its status.
        attempt: what the mail server made of it.
        began_at: when its age began: when it was queued, or when staff sent it back.
    """
    attempts = (*delivery.attempts, attempt)[-ATTEMPTS_KEPT:]
    values: dict[str, object] = {"attempts": attempts, "updated_at": attempt.at, "version": delivery.version + 1}
    if delivery.status != "queued":
        return delivery.model_copy(update=values)
    if attempt.outcome == "sent":
        values |= {"status": "sent", "reason": "", "next_attempt_at": None}
    elif attempt.outcome == "refused":
        values |= {"status": "failed", "reason": attempt.detail, "next_attempt_at": None}
    elif attempt.at - began_at >= GIVE_UP_AFTER:
        values |= {"status": "failed", "reason": f"given up after five days: {attempt.detail}", "next_attempt_at": None}
    else:
        tries = sum(each.at >= began_at for each in attempts)
        pause = timedelta(seconds=PAUSES[min(max(tries, 1), len(PAUSES)) - 1])
        values |= {"reason": attempt.detail, "next_attempt_at": min(attempt.at + pause, began_at + GIVE_UP_AFTER)}
    return delivery.model_copy(update=values)


def interrupted(delivery: DeliveryState, at: datetime) -> DeliveryState:
    """The delivery whose sender ended before it could say what became of the mail: it may have arrived."""
    attempt = Attempt(at=at, outcome="unknown", detail="whoever sent it ended before the answer was recorded")
    attempts = (*delivery.attempts, attempt)[-ATTEMPTS_KEPT:]
    return delivery.model_copy(update={"attempts": attempts, "updated_at": at, "version": delivery.version + 1})
